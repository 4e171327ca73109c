package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Producers that tell of their life; without a broker.
 */
class ObservedProducerTests {

    private final List<String> told = new ArrayList<>();

    private final PublisherObserver observer = new PublisherObserver() {
        @Override
        public void producerCreated(String role, Producer<?, ?> producer) {
            ObservedProducerTests.this.told.add(role + " created");
        }

        @Override
        public void producerClosed(Producer<?, ?> producer) {
            ObservedProducerTests.this.told.add("closed");
        }
    };

    @Test
    void whenAProducerIsClosedTwiceThenItsEndIsToldOnce() {
        Producer<byte[], byte[]> producer = settings("127.0.0.1:1").createProducer("told", this.observer);
        producer.close(Duration.ZERO);
        producer.close();
        assertThat(this.told).containsExactly("told created", "closed");
    }

    @Test
    @DisplayName("Client ids stay few: the smallest number that no open producer has")
    void clientIdsAreReused() {
        ProducerSettings settings = settings("127.0.0.1:1");
        for (int i = 0; i < 3; i++) {
            try (Producer<byte[], byte[]> first = settings.createProducer("ids", this.observer)) {
                try (Producer<byte[], byte[]> second = settings.createProducer("ids", this.observer)) {
                    assertThat(clientId(first)).isEqualTo("resilient-kafka-ids-1");
                    assertThat(clientId(second)).isEqualTo("resilient-kafka-ids-2");
                }
            }
        }
    }

    @Test
    void whenAProducerCannotBeCreatedThenNothingIsToldAndItsNumberIsFree() {
        assertThatThrownBy(() -> settings("no.such.host.invalid:9092").createProducer("failing", this.observer))
                .isInstanceOf(KafkaException.class);
        assertThat(this.told).isEmpty();
        try (Producer<byte[], byte[]> producer = settings("127.0.0.1:1").createProducer("failing", this.observer)) {
            assertThat(clientId(producer)).isEqualTo("resilient-kafka-failing-1");
        }
    }

    private static ProducerSettings settings(String servers) {
        return ProducerSettings.of(Map.of("bootstrap.servers", servers), Map.of("max.block.ms", "10"), 1_000_000);
    }

    private static String clientId(Producer<?, ?> producer) {
        return producer.metrics().keySet().iterator().next().tags().get("client-id");
    }
}
