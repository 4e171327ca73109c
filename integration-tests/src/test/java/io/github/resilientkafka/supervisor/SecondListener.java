package io.github.resilientkafka.supervisor;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Another member of the group of {@link OneListener}.
 */
@Configuration(proxyBeanMethods = false)
class SecondListener {

    @Bean
    Second second() {
        return new Second();
    }

    record Second() {

        @KafkaListener(id = "second", topics = "${test.topic}", groupId = "${test.group}")
        void read(ConsumerRecord<String, String> record) {}
    }
}
