package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The database does not answer while events are on their way to it, and Kafka is there. W5.
 */
@Timeout(120)
class FrozenDatabaseTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.launch();

    private final String topic = unique("frozen");

    @AfterEach
    void thaw() {
        this.kafka.thaw();
        this.postgres.close();
    }

    @Test
    @DisplayName(
            "W5: Kafka is back, the database is not: what it does not take in time is sent, in order; none is lost")
    void kafkaIsBackFirst() throws Exception {
        this.kafka.createTopic(this.topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("frozen")))
                .with("resilient-kafka.publisher.timeout", "3s")
                .start()) {
            EventPublisher publisher = application.publisher();
            application.awaitSent(this.topic, "k", "before");
            this.kafka.freeze();
            assertThat(get(publisher.publish(this.topic, "k", "stored")).outcome())
                    .isEqualTo(Outcome.STORED);
            this.postgres.freeze();
            List<String> values = IntStream.range(0, 50).mapToObj(i -> "v" + i).toList();
            List<CompletableFuture<PublishResult>> futures = new ArrayList<>();
            values.forEach(value -> futures.add(publisher.publish(this.topic, "k", value)));
            futures.add(publisher.publish(OutgoingEvent.unkeyed(this.topic, "without a key")));
            this.kafka.thaw();
            application.awaitCircuit("HALF_OPEN", Duration.ofSeconds(20));
            for (int trial = 0; trial < 3; trial++) {
                futures.add(publisher.publish(OutgoingEvent.unkeyed(this.topic, "trial")));
            }
            application.awaitCircuit("CLOSED", Duration.ofSeconds(10));

            for (CompletableFuture<PublishResult> future : futures) {
                assertThat(get(future).outcome()).isEqualTo(Outcome.SENT);
            }
            assertThat(publisher.getPublisherStats().lostEvents()).isZero();
            assertThat(publisher.getPublisherStats().queuedEvents()).isZero();
            this.postgres.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            List<String> arrived = TopicReader.readAll(this.kafka.clientConfig(), this.topic).stream()
                    .map(ConsumerRecord::value)
                    .map(TopicReader::text)
                    .distinct()
                    .toList();
            assertThat(arrived).contains("stored", "without a key").containsSubsequence(values);
        }
    }
}
