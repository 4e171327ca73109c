package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.StoredRows;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A topic takes less at once than the relay would like to send. W1.
 */
@Tag("unhurried")
class SmallTopicLimitTests {

    private static final int ROWS = 3_000;

    private static final Map<String, String> LIMIT = Map.of("max.message.bytes", "20000");

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("small");

    @Test
    @DisplayName(
            "W1: rows of a topic whose max.message.bytes is less than a batch are delivered, in order; others' too")
    void drained() {
        this.kafka.createTopic(this.topic, 1, LIMIT);
        String other = unique("other");
        this.kafka.createTopic(other, 1);
        try (TestApplication application =
                application().with("resilient-kafka.retry.interval", "10m").start()) {
            List<String> values = values();
            StoredRows.save(application, rows(this.topic, values));
            StoredRows.save(application, rows(other, values));
            application.retries().drainNow();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            assertThat(found(this.topic)).isEqualTo(values);
            assertThat(found(other)).isEqualTo(values);
            assertThat(application.rows(EventStatus.DLQ)).isZero();
            assertThat(application.attempts()).isZero();
        }
    }

    @Test
    @DisplayName(
            "W1: nothing overtakes the rows of a batch that such a topic refuses, though it would take what is behind it")
    void refusedFirst() {
        this.kafka.createTopic(this.topic, 1, LIMIT);
        try (TestApplication application =
                application().with("resilient-kafka.retry.interval", "10m").start()) {
            // The relay's batches have 128 KB: one is full, and the next has a few rows only.
            List<String> values = values().subList(0, 650);
            StoredRows.save(application, rows(this.topic, values));
            application.retries().drainNow();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            assertThat(found(this.topic)).isEqualTo(values);
            assertThat(application.rows(EventStatus.DLQ)).isZero();
            assertThat(application.attempts()).isZero();
        }
    }

    @Test
    @DisplayName(
            "W1 W5: publishing at once more than such a topic takes in a batch of the application's size arrives in order")
    void published() throws Exception {
        this.kafka.createTopic(this.topic, 1, LIMIT);
        try (TestApplication application = application()
                .with("spring.kafka.producer.batch-size", "100KB")
                .with("spring.kafka.producer.properties[linger.ms]", 50)
                .start()) {
            List<String> values = values();
            List<CompletableFuture<PublishResult>> futures = values.stream()
                    .map(value -> application.publisher().publish(this.topic, "key", value))
                    .toList();
            for (CompletableFuture<PublishResult> future : futures) {
                TestApplication.get(future);
            }
            application.awaitNoneLeft(Duration.ofSeconds(30));
            application.awaitSent(this.topic, "other", "sent");
            assertThat(found(this.topic))
                    .startsWith(values.toArray(String[]::new))
                    .contains("sent");
            assertThat(application.rows(EventStatus.DLQ)).isZero();
        }
    }

    @Test
    @DisplayName(
            "W5: nothing published overtakes a batch of the application's size that such a topic refuses, though it would take what is behind it")
    void refusedFirstOfPublished() throws Exception {
        this.kafka.createTopic(this.topic, 1, LIMIT);
        try (TestApplication application = application()
                .with("spring.kafka.producer.batch-size", "128KB")
                .with("spring.kafka.producer.properties[linger.ms]", 5)
                .start()) {
            // A batch that is full, and one of a few events.
            List<String> values = values().subList(0, 650);
            List<CompletableFuture<PublishResult>> futures = values.stream()
                    .map(value -> application.publisher().publish(this.topic, "key", value))
                    .toList();
            for (CompletableFuture<PublishResult> future : futures) {
                TestApplication.get(future);
            }
            application.awaitNoneLeft(Duration.ofSeconds(30));
            assertThat(found(this.topic)).isEqualTo(values);
            assertThat(application.rows(EventStatus.DLQ)).isZero();
        }
    }

    private TestApplication.Builder application() {
        // Kafka's client sends what is too large again and again: the stall is how that is found out.
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("small")))
                .with("resilient-kafka.publisher.stall-timeout", "1s");
    }

    private static List<String> values() {
        return IntStream.range(0, ROWS).mapToObj(i -> i + " ".repeat(200)).toList();
    }

    private static List<FailedEvent> rows(String topic, List<String> values) {
        return values.stream()
                .map(value -> StoredRows.row(0, topic, "key", value))
                .toList();
    }

    private List<String> found(String topic) {
        return TopicReader.readAll(this.kafka.clientConfig(), topic).stream()
                .map(record -> TopicReader.text(record.value()))
                .distinct()
                .toList();
    }
}
