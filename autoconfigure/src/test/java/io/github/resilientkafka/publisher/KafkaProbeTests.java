package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class KafkaProbeTests {

    private static final Duration TIMEOUT = Duration.ofMillis(50);

    private final KafkaProbe probe = new KafkaProbe(
            ProducerSettings.of(Map.of("bootstrap.servers", "127.0.0.1:1"), Map.of(), 1_000_000), TIMEOUT);

    @Test
    void makesNoClientOnceItIsClosed() {
        this.probe.close();

        assertThatExceptionOfType(KafkaException.class)
                .isThrownBy(() -> this.probe.describeCluster(TIMEOUT))
                .withMessageContaining("the application stops");
        assertThatExceptionOfType(KafkaException.class)
                .isThrownBy(() -> this.probe.ends(List.of(new TopicPartition("orders", 0)), TIMEOUT))
                .withMessageContaining("the application stops");
    }

    @Test
    void makesAnotherClientAfterAReset() {
        assertThatExceptionOfType(KafkaException.class)
                .isThrownBy(() -> this.probe.describeCluster(TIMEOUT))
                .withMessageContaining("within 50 ms");
        this.probe.reset();
        assertThatExceptionOfType(KafkaException.class)
                .isThrownBy(() -> this.probe.describeCluster(TIMEOUT))
                .withMessageContaining("within 50 ms");
        this.probe.close();
    }
}
