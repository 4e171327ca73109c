package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.KeyOrder;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Topics that take their first events while they are being created: their leaders are known before they serve (KAFKA-15591).
 */
@Tag("unhurried")
class NewTopicTests {

    private static final int PARTITIONS = 6;

    private static final int EVENTS = 6_000;

    private static final int KEYS = 60;

    private static final String VALUE_OF_MANY_BYTES = "x".repeat(400) + "-";

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    @Test
    @DisplayName("P4: thousands of events published to a topic the moment it is created keep the order of their keys")
    void publishedAtOnce() throws Exception {
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                        .database(this.postgres.createDatabase(unique("fresh")))
                        .start();
                Admin admin = Admin.create(this.kafka.adminConfig())) {
            // Without the question before the first event three of four rounds reordered some.
            for (int round = 0; round < 8; round++) {
                String topic = unique("fresh");
                admin.createTopics(List.of(new NewTopic(topic, Optional.of(PARTITIONS), Optional.empty())))
                        .all()
                        .get();
                publish(application.publisher(), topic);
                application.awaitNoneLeft(Duration.ofSeconds(60));
                KeyOrder order = KeyOrder.of(TopicReader.readAll(this.kafka.clientConfig(), topic));
                assertThat(order.inversions()).isEmpty();
                assertThat(order.values()).hasSize(EVENTS);
            }
        }
    }

    private static void publish(EventPublisher publisher, String topic) throws Exception {
        List<CompletableFuture<PublishResult>> futures = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            futures.add(publisher.publish(topic, "key-" + i % KEYS, VALUE_OF_MANY_BYTES + i));
        }
        for (CompletableFuture<PublishResult> future : futures) {
            future.get(60, TimeUnit.SECONDS);
        }
    }
}
