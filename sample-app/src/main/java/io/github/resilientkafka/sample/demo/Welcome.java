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
        logger.info(
                """


                  Resilient Kafka sample is ready: {}
                    Kafka       {} ({})
                    PostgreSQL  {} ({})

                  Place an order, look at it:
                    curl -i {}/orders -H 'Content-Type: application/json' -d '{"customerId":"c1","item":"book","amount":1}'
                    curl {}/orders

                  Take the broker away, place orders, look around, give it back:
                    curl -X POST {}/demo/broker/kill
                    curl {}/actuator/health
                    curl {}/actuator/kafkaevents
                    curl '{}/actuator/kafkaevents/rows?status=PENDING'
                    curl {}/actuator/metrics/kafka.events.stored_for_retry
                    curl -X POST {}/demo/broker/start

                  Take the payment service away, that orders wait for, and give it back; order trouble, look at the orders:
                    curl -X POST {}/demo/payments/down
                    curl -X POST {}/demo/payments/up
                    curl -i {}/orders -H 'Content-Type: application/json' -d '{"customerId":"c1","item":"flaky","amount":1}'
                    curl -i {}/orders -H 'Content-Type: application/json' -d '{"customerId":"c2","item":"poison","amount":1}'
                """,
                url,
                this.environment.getProperty("spring.kafka.bootstrap-servers"),
                this.ownBroker ? "the sample's own" : "yours",
                this.environment.getProperty("spring.datasource.url"),
                this.ownDatabase ? "the sample's own" : "yours",
                url,
                url,
                url,
                url,
                url,
                url,
                url,
                url,
                url,
                url,
                url,
                url);
    }
}
