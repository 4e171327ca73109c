package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecordTextTests {

    @Test
    @DisplayName("N6: a key that cannot be hashed keeps no record from being named, nor from what becomes of it")
    void awkwardKey() {
        Object key = new Object() {

            @Override
            public int hashCode() {
                throw new IllegalStateException("not yet");
            }
        };
        assertThat(RecordText.of(new ConsumerRecord<>("orders", 3, 7, key, "value")))
                .contains("topic orders, partition 3, offset 7")
                .contains("IllegalStateException")
                .doesNotContain("not yet");
    }
}
