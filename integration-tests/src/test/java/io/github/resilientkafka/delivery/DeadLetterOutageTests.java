package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TestClock;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A dead-letter topic whose only broker is away, on a cluster of two. W1, W3.
 */
@Tag("unhurried")
class DeadLetterOutageTests {

    private final LocalPostgres postgres = LocalPostgres.shared();

    @Test
    @DisplayName(
            "W1 W3: a dead-letter topic without leader leaves the event pending, its attempts unchanged, and nobody waits")
    void deadLetterTopicWithoutLeader() throws Exception {
        String topic = unique("orders");
        try (LocalKafka kafka = LocalKafka.builder().brokers(2).launch()) {
            try (Admin admin = Admin.create(kafka.adminConfig())) {
                admin.createTopics(List.of(
                                new NewTopic(topic, Map.of(0, List.of(0))).configs(Map.of("max.message.bytes", "2000")),
                                new NewTopic(topic + ".dlq", Map.of(0, List.of(1)))))
                        .all()
                        .get();
            }
            try (TestApplication application = TestApplication.on(kafka, this.postgres)
                    .database(this.postgres.createDatabase(unique("dlq")))
                    .sources(TestApplication.Minimal.class, TestClock.Configuration.class)
                    .with("resilient-kafka.retry.interval", "200ms")
                    .with("resilient-kafka.retry.max-attempts", 1)
                    .with("spring.kafka.producer.properties[delivery.timeout.ms]", 3_000)
                    .with("spring.kafka.producer.properties[request.timeout.ms]", 2_000)
                    .start()) {
                get(application.publisher().publish(topic, "warm-up", "v"));
                kafka.broker(1).stop();
                assertThat(get(application.publisher().publish(topic, "k", "x".repeat(5_000)))
                                .outcome())
                        .isEqualTo(Outcome.STORED);
                application.context().getBean(TestClock.class).advance(Duration.ofMinutes(1));
                Awaitility.await("pending, no attempt counted, while its dead-letter topic is away")
                        .during(Duration.ofSeconds(8))
                        .atMost(Duration.ofSeconds(15))
                        .until(() -> application.rows(EventStatus.PENDING) == 1 && application.attempts() == 0);
                for (int i = 0; i < 20; i++) {
                    assertThat(get(application.publisher().publish(topic, "k", "v" + i))
                                    .outcome())
                            .isEqualTo(Outcome.SENT);
                }
                assertThat(application.circuit()).isEqualTo("CLOSED");

                kafka.broker(1).start();
                Awaitility.await("dead-lettered")
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> application.rows(EventStatus.DLQ) == 1);
                assertThat(TopicReader.readAll(kafka.clientConfig(), topic + ".dlq"))
                        .isNotEmpty()
                        .allSatisfy(record -> assertThat(TopicReader.header(record, "rk_attempts"))
                                .isEqualTo("1"));
            }
        }
    }
}
