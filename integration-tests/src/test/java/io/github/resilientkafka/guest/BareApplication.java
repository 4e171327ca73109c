package io.github.resilientkafka.guest;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * An application that publishes until Kafka has an event, and says so. Names no type of what may be missing.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class BareApplication {

    static final String SENT = "Kafka has it";

    public static void main(String[] arguments) throws Exception {
        try (ConfigurableApplicationContext context = SpringApplication.run(BareApplication.class, arguments)) {
            EventPublisher publisher = context.getBean(EventPublisher.class);
            String topic = context.getEnvironment().getRequiredProperty("bare.topic");
            Outcome outcome;
            do { // a cold start on a busy machine may take longer than the publisher waits for Kafka
                outcome = publisher
                        .publish(topic, "k", "v")
                        .handle(BareApplication::outcome)
                        .get(60, TimeUnit.SECONDS);
            } while (outcome != Outcome.SENT);
            System.out.println(SENT);
        }
    }

    private static @Nullable Outcome outcome(@Nullable PublishResult result, @Nullable Throwable error) {
        return (result == null) ? null : result.outcome();
    }
}
