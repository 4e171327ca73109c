package io.github.resilientkafka.sample.order;

import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.TopicBuilder;

/**
 * The topics.
 */
@Configuration(proxyBeanMethods = false)
class OrderKafkaConfiguration {

    private static final int PARTITIONS = 3;

    @Bean
    NewTopic ordersPlaced() {
        return TopicBuilder.name(OrderPlaced.TOPIC).partitions(PARTITIONS).build();
    }

    /**
     * It would be made when it is needed; the listener should find it before.
     */
    @Bean
    NewTopic ordersGivenUp() {
        return TopicBuilder.name(OrderPlaced.DEAD_LETTERS)
                .partitions(PARTITIONS)
                .build();
    }
}
