package io.github.resilientkafka.supervisor;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * An application with three plain listeners of which one does not start by itself.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class SupervisedListeners {

    static final String ORDERS = "orders";

    static final String BYSTANDER = "bystander";

    static final String MANUAL = "manual";

    @Bean
    Scripted orders() {
        return new Scripted();
    }

    @Bean
    Scripted bystander() {
        return new Scripted();
    }

    @Bean
    News news() {
        return new News();
    }

    @Bean
    Listeners listeners(@Qualifier("orders") Scripted orders, @Qualifier("bystander") Scripted bystander) {
        return new Listeners(orders, bystander);
    }

    record Listeners(Scripted orders, Scripted bystander) {

        @KafkaListener(
                id = ORDERS,
                topics = "${test.topic}",
                groupId = "${test.topic}",
                concurrency = "${test.concurrency:1}",
                idIsGroup = false)
        void order(ConsumerRecord<String, String> record) {
            this.orders.handle(record);
        }

        @KafkaListener(id = BYSTANDER, topics = "${test.topic}.other", groupId = "${test.topic}.other")
        void other(ConsumerRecord<String, String> record) {
            this.bystander.handle(record);
        }

        @KafkaListener(id = MANUAL, topics = "${test.topic}.other", groupId = "manual", autoStartup = "false")
        void manual(ConsumerRecord<String, String> record) {}
    }
}
