package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * An application with one plain listener.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class RecordListener {

    private static final String ID = "orders";

    @Bean
    ScriptedHandler handler() {
        return new ScriptedHandler();
    }

    @Bean
    Listener listener(ScriptedHandler handler) {
        return new Listener(handler);
    }

    record Listener(ScriptedHandler handler) {

        @KafkaListener(id = ID, topics = "${test.topic}", idIsGroup = false)
        void handle(ConsumerRecord<String, String> record) {
            this.handler.handle(record);
        }
    }
}
