package io.github.resilientkafka.supervisor;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * An application with three plain listeners whose topics and groups the test sets; the first always starts, the others if it
 * wants them.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Readers {

    @Bean
    Listener listener() {
        return new Listener();
    }

    record Listener() {

        @KafkaListener(id = "first", topics = "${first.topic}", groupId = "${first.group}")
        void first(ConsumerRecord<String, String> record) {}

        @KafkaListener(
                id = "second",
                topics = "${second.topic:none}",
                groupId = "${second.group:none}",
                autoStartup = "${second.start:false}")
        void second(ConsumerRecord<String, String> record) {}

        @KafkaListener(
                id = "third",
                topics = "${third.topic:none}",
                groupId = "${third.group:none}",
                autoStartup = "${third.start:false}")
        void third(ConsumerRecord<String, String> record) {}
    }
}
