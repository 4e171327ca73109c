package io.github.resilientkafka.supervisor;

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
class OneListener {

    static final String ID = "reader";

    @Bean
    Listener listener() {
        return new Listener();
    }

    record Listener() {

        @KafkaListener(id = ID, topics = "${test.topic}", groupId = "${test.group}")
        void read(ConsumerRecord<String, String> record) {}
    }
}
