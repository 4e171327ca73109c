package io.github.resilientkafka.sample.order;

import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.TopicBuilder;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.util.backoff.FixedBackOff;

/**
 * The topic, and what happens when the listener fails.
 */
@Configuration(proxyBeanMethods = false)
class OrderKafkaConfiguration {

    private static final int PARTITIONS = 3;

    @Bean
    NewTopic ordersPlaced() {
        return TopicBuilder.name(OrderPlaced.TOPIC).partitions(PARTITIONS).build();
    }

    /**
     * A listener that fails, since the database is away for example, tries again every second. What can't be
     * deserialised is logged and skipped.
     */
    @Bean
    DefaultErrorHandler untilItWorks() {
        return new DefaultErrorHandler(new FixedBackOff(1_000, FixedBackOff.UNLIMITED_ATTEMPTS));
    }
}
