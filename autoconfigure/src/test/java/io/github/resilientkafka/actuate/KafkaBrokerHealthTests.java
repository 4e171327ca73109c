package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.publisher.KafkaProbe.ClusterAnswer;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The optional connectivity check (row H9).
 */
@Timeout(20)
class KafkaBrokerHealthTests {

    @Test
    void whenTheBrokersAnswerThenUpWithTheClusterAndAskedOnce() {
        AtomicInteger asked = new AtomicInteger();
        try (KafkaBrokerHealth health = new KafkaBrokerHealth(timeout -> {
            asked.incrementAndGet();
            return new ClusterAnswer("abc", 1, List.of("localhost:9092"));
        })) {
            for (int i = 0; i < 20; i++) {
                HealthReport report = health.check();
                assertThat(report.status()).isEqualTo("UP");
                assertThat(report.details())
                        .containsEntry("clusterId", "abc")
                        .containsEntry("controllerId", 1)
                        .containsEntry("nodes", List.of("localhost:9092"));
            }
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void whenTheBrokersFailThenDownWithErrorAndCause() {
        try (KafkaBrokerHealth health = new KafkaBrokerHealth(timeout -> {
            throw new KafkaException("Failed to connect", new UnknownHostException("nowhere"));
        })) {
            HealthReport report = health.check();
            assertThat(report.status()).isEqualTo("DOWN");
            assertThat(report.details())
                    .containsEntry("error", "KafkaException: Failed to connect")
                    .containsEntry("cause", "UnknownHostException: nowhere")
                    .containsEntry("connectionError", "DNS")
                    .extractingByKey("hint")
                    .asString()
                    .contains("spring.kafka.bootstrap-servers");
        }
    }

    @Test
    void whenTheBrokersHangThenDownWithinTheBound() {
        CountDownLatch hang = new CountDownLatch(1);
        try (KafkaBrokerHealth health = new KafkaBrokerHealth(timeout -> {
            try {
                hang.await();
            } catch (InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
            return new ClusterAnswer("abc", null, List.of());
        })) {
            HealthReport report = health.check();
            assertThat(report.status()).isEqualTo("DOWN");
            assertThat(report.details().get("error").toString()).contains("2000 ms");
        }
    }
}
