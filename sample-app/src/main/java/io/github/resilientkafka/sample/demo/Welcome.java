package io.github.resilientkafka.sample.demo;

import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * Tells, once the application is ready, where it is and what to try.
 */
@Component
class Welcome {

    private static final Logger logger = LoggerFactory.getLogger(Welcome.class);

    private final Environment environment;

    private final boolean ownBroker;

    private final boolean ownDatabase;

    private int port;

    Welcome(Environment environment, ObjectProvider<LocalKafka> kafka, ObjectProvider<LocalPostgres> postgres) {
        this.environment = environment;
        this.ownBroker = kafka.getIfAvailable() != null;
        this.ownDatabase = postgres.getIfAvailable() != null;
    }

    @EventListener
    void on(WebServerInitializedEvent event) {
        if (event.getApplicationContext().getServerNamespace() == null) {
            this.port = event.getWebServer().getPort();
        }
    }

    @EventListener(ApplicationReadyEvent.class)
    void onReady() {
        String url = "http://localhost:" + this.port;
        String text = """


                  Resilient Kafka sample is ready: {url}/orders
                    Kafka       {kafka} ({whose kafka})
                    PostgreSQL  {database} ({whose database})

                  Place an order, look at it:
                    curl -i {url}/orders -H 'Content-Type: application/json' -d '{"customerId":"c1","item":"book","amount":1}'
                    curl {url}/orders

                  Take the broker away, place orders, look around, give it back:
                    {broker away}
                    curl {url}/actuator/health
                    curl {url}/actuator/kafkaevents
                    curl '{url}/actuator/kafkaevents/rows?status=PENDING'
                    curl {url}/actuator/metrics/kafka.events.stored_for_retry
                    {broker back}

                  Take the payment service away, that orders wait for, and give it back; order trouble, look at the orders:
                    curl -X POST {url}/demo/payments/down
                    curl -X POST {url}/demo/payments/up
                    curl -i {url}/orders -H 'Content-Type: application/json' -d '{"customerId":"c1","item":"flaky","amount":1}'
                    curl -i {url}/orders -H 'Content-Type: application/json' -d '{"customerId":"c2","item":"poison","amount":1}'
                """;
        logger.info(
                "{}",
                text.replace("{broker away}", this.ownBroker ? "curl -X POST {url}/demo/broker/kill" : "(stop yours)")
                        .replace(
                                "{broker back}",
                                this.ownBroker ? "curl -X POST {url}/demo/broker/start" : "(start yours)")
                        .replace("{url}", url)
                        .replace("{kafka}", property("spring.kafka.bootstrap-servers"))
                        .replace("{database}", property("spring.datasource.url"))
                        .replace("{whose kafka}", whose(this.ownBroker))
                        .replace("{whose database}", whose(this.ownDatabase)));
    }

    private String property(String name) {
        return this.environment.getProperty(name, "?");
    }

    private static String whose(boolean own) {
        return own ? "the sample's own" : "yours";
    }
}
