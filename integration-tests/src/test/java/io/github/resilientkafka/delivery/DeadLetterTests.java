package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static io.github.resilientkafka.TopicReader.header;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.StoredRows;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TestClock;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Records and topics that Kafka refuses, on a broker with real access control. W1, W3.
 */
@Tag("unhurried")
class DeadLetterTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static LocalKafka kafka;

    private final LocalPostgres postgres = LocalPostgres.shared();

    private String topic = unique("orders");

    @BeforeAll
    static void launch() throws Exception {
        kafka = LocalKafka.builder()
                .user("app", "secret")
                .property("auto.create.topics.enable", false)
                .launch();
        try (Admin admin = Admin.create(kafka.adminConfig())) {
            admin.createAcls(List.of(
                            allow(ResourceType.TOPIC, "orders", PatternType.PREFIXED, AclOperation.WRITE),
                            allow(ResourceType.TOPIC, "orders", PatternType.PREFIXED, AclOperation.DESCRIBE),
                            allow(ResourceType.TOPIC, "orders", PatternType.PREFIXED, AclOperation.CREATE),
                            allow(ResourceType.TOPIC, "secret", PatternType.PREFIXED, AclOperation.DESCRIBE),
                            allow(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL, AclOperation.DESCRIBE)))
                    .all()
                    .get();
        }
    }

    @AfterAll
    static void close() {
        kafka.close();
    }

    private static AclBinding allow(ResourceType type, String name, PatternType pattern, AclOperation operation) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:app", "*", operation, AclPermissionType.ALLOW));
    }

    private TestApplication.Builder application() {
        TestApplication.Builder builder = TestApplication.on(kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("dlq")))
                .sources(TestApplication.Minimal.class, TestClock.Configuration.class)
                .with("resilient-kafka.retry.interval", "100ms");
        kafka.clientConfig("app").forEach((name, value) -> {
            if (!name.equals("bootstrap.servers")) {
                builder.with("spring.kafka.properties[" + name + "]", value);
            }
        });
        return builder;
    }

    @Test
    @DisplayName(
            "W1 W3: a record that is too large is retried after 1, 5 and 15 minutes, then dead-lettered with all headers; its lane goes on")
    void tooLarge() throws Exception {
        kafka.createTopic(this.topic, 3, Map.of("max.message.bytes", "2000"));
        try (TestApplication application = application().start()) {
            TestClock clock = application.context().getBean(TestClock.class);
            EventPublisher publisher = application.publisher();
            assertThat(get(publisher.publish(this.topic, "k", "small")).outcome())
                    .isEqualTo(Outcome.SENT);
            String large = "x".repeat(5_000);
            PublishResult stored = get(publisher.publish(OutgoingEvent.of(this.topic, "k", large)
                    .withHeader("mine", "ä")
                    .withHeader("mine", "b")
                    .withHeader("nothing", (byte[]) null)));
            assertThat(stored.outcome()).isEqualTo(Outcome.STORED);
            assertThat(get(publisher.publish(this.topic, "k", "next")).outcome())
                    .isEqualTo(Outcome.SENT);
            assertThat(kind(application)).isEqualTo("RECORD");

            expectAttemptsAfter(application, clock, Duration.ofMinutes(1), 1);
            expectAttemptsAfter(application, clock, Duration.ofMinutes(5), 2);
            clock.advance(Duration.ofMinutes(14));
            staysAt(application, 2);
            clock.advance(Duration.ofMinutes(1));
            await(application, EventStatus.DLQ);

            String deadLetterTopic = this.topic + ".dlq";
            List<ConsumerRecord<byte[], byte[]>> dead = TopicReader.readAll(kafka.adminConfig(), deadLetterTopic);
            assertThat(dead).singleElement().satisfies(record -> {
                assertThat(record.value()).asString().isEqualTo(large);
                assertThat(record.key()).asString().isEqualTo("k");
                assertThat(record.headers().headers("mine")).hasSize(2);
                assertThat(record.headers().lastHeader("nothing").value()).isNull();
                assertThat(header(record, "ce_id")).isEqualTo(stored.eventId().toString());
                assertThat(header(record, "ce_type")).isEqualTo("String");
                assertThat(header(record, "ce_source")).isEqualTo("/test");
                assertThat(header(record, "ce_specversion")).isEqualTo("1.0");
                assertThat(header(record, "rk_original_topic")).isEqualTo(this.topic);
                assertThat(header(record, "rk_original_timestamp")).matches("\\d{13}");
                assertThat(header(record, "rk_reason")).isEqualTo("RECORD");
                assertThat(header(record, "rk_error")).contains("RecordTooLargeException");
                assertThat(header(record, "rk_attempts")).isEqualTo("3");
                assertThat(header(record, "rk_first_failure")).isNotNull();
            });
            try (Admin admin = Admin.create(kafka.adminConfig())) {
                assertThat(admin.describeTopics(List.of(deadLetterTopic))
                                .allTopicNames()
                                .get()
                                .get(deadLetterTopic)
                                .partitions())
                        .as("created with its source's partition count")
                        .hasSize(3);
            }
            assertThat(application.circuit()).isEqualTo("CLOSED");
            assertThat(application.retries().getRetryStats().dlq()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("W3: max-attempts=5 means five failed retries, the last waiting time repeats")
    void fiveAttempts() throws Exception {
        kafka.createTopic(this.topic, 1, Map.of("max.message.bytes", "2000"));
        try (TestApplication application =
                application().with("resilient-kafka.retry.max-attempts", 5).start()) {
            TestClock clock = application.context().getBean(TestClock.class);
            get(application.publisher().publish(this.topic, "k", "x".repeat(5_000)));
            expectAttemptsAfter(application, clock, Duration.ofMinutes(1), 1);
            expectAttemptsAfter(application, clock, Duration.ofMinutes(5), 2);
            expectAttemptsAfter(application, clock, Duration.ofMinutes(15), 3);
            expectAttemptsAfter(application, clock, Duration.ofMinutes(60), 4);
            clock.advance(Duration.ofMinutes(60));
            await(application, EventStatus.DLQ);
            assertThat(application.attempts()).isEqualTo(5);
        }
    }

    @Test
    @DisplayName("W3: a dead letter says why it is one, and not why it had been stored before")
    void storedForOneReasonAndDeadForAnother() throws Exception {
        kafka.createTopic(this.topic, 1, Map.of("max.message.bytes", "2000"));
        try (TestApplication application =
                application().with("resilient-kafka.retry.max-attempts", 1).start()) {
            CircuitBreaker circuit =
                    application.context().getBean(CircuitBreakerRegistry.class).circuitBreaker("kafka-publisher");
            circuit.transitionToForcedOpenState();
            get(application.publisher().publish(this.topic, "k", "x".repeat(5_000)));
            assertThat(kind(application)).isEqualTo("OUTAGE");

            circuit.transitionToClosedState();
            await(application, EventStatus.DLQ);

            Map<String, Object> row = application
                    .jdbc()
                    .queryForMap("select failure_kind, error_type, error_message from failed_kafka_events");
            assertThat(row).containsEntry("failure_kind", "RECORD");
            assertThat(row.get("error_type")).asString().endsWith(".RecordTooLargeException");
            assertThat(row.get("error_message")).asString().contains("RecordTooLargeException");
        }
    }

    @Test
    @DisplayName("W1: a topic that may not be written is a TOPIC failure; when it is allowed, the event arrives")
    void unauthorised() throws Exception {
        String secret = unique("secret");
        kafka.createTopic(this.topic, 1);
        kafka.createTopic(secret, 1);
        try (TestApplication application = application().start();
                Admin admin = Admin.create(kafka.adminConfig())) {
            TestClock clock = application.context().getBean(TestClock.class);
            EventPublisher publisher = application.publisher();
            for (int i = 0; i < 100; i++) {
                assertThat(get(publisher.publish(secret, "k", "s" + i)).outcome())
                        .isEqualTo(Outcome.STORED);
                assertThat(get(publisher.publish(this.topic, "k", "o" + i)).outcome())
                        .isEqualTo(Outcome.SENT);
            }
            assertThat(application.circuit()).isEqualTo("CLOSED");
            assertThat(kind(application)).isEqualTo("TOPIC");
            AclBinding write = allow(ResourceType.TOPIC, secret, PatternType.LITERAL, AclOperation.WRITE);
            admin.createAcls(List.of(write)).all().get();
            clock.advance(Duration.ofMinutes(1));
            application.awaitNoneLeft(SOON);
            assertThat(TopicReader.readAll(kafka.adminConfig(), secret)).hasSizeGreaterThanOrEqualTo(100);
            assertThat(get(publisher.publish(secret, "k", "direct")).outcome())
                    .as("the refusal is forgotten")
                    .isEqualTo(Outcome.SENT);
            admin.deleteAcls(List.of(new AclBindingFilter(
                            write.pattern().toFilter(), write.entry().toFilter())))
                    .all()
                    .get();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName(
            "W1: many stored events of a topic that is unknown, or may not be written to, do not keep others' waiting")
    void refusedTopicInTheBacklog(boolean exists) throws Exception {
        kafka.createTopic(this.topic, 1);
        String refused = unique("secret");
        if (exists) {
            kafka.createTopic(refused, 1);
        }
        List<String> values =
                IntStream.range(0, 3_000).mapToObj(Integer::toString).toList();
        try (TestApplication application =
                application().with("resilient-kafka.retry.batch-size", 6_000).start()) {
            StoredRows.save(
                    application,
                    Stream.of(refused, this.topic)
                            .flatMap(name -> values.stream().map(value -> StoredRows.row(0, name, "key", value)))
                            .toList());
            application.retries().drainNow();
            // One by one each row would take max.block.ms, or an answer of Kafka's.
            String left =
                    "select count(*) from failed_kafka_events where topic = ? and status = 'PENDING' and attempts = ?";
            Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                assertThat(application.jdbc().queryForObject(left, Integer.class, refused, 1))
                        .isEqualTo(values.size());
                assertThat(application.jdbc().queryForObject(left, Integer.class, this.topic, 0))
                        .isZero();
            });
            assertThat(TopicReader.readAll(kafka.adminConfig(), this.topic)).hasSize(values.size());
        }
    }

    @Test
    @DisplayName("W1: an unknown topic blocks one caller once, is stored as a TOPIC failure, and disturbs nobody")
    void unknownTopic() throws Exception {
        kafka.createTopic(this.topic, 1);
        String unknown = unique("orders_unknown");
        try (TestApplication application = application().start()) {
            TestClock clock = application.context().getBean(TestClock.class);
            EventPublisher publisher = application.publisher();
            get(publisher.publish(this.topic, "k", "warm-up"));
            get(publisher.publish(unknown, "k", "first"));
            long start = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(get(publisher.publish(unknown, "k", "u" + i)).outcome())
                        .isEqualTo(Outcome.STORED);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("no caller blocks for max.block.ms again")
                    .isLessThan(Duration.ofSeconds(5));
            assertThat(application
                            .context()
                            .getBean(MeterRegistry.class)
                            .get("kafka.publish.errors")
                            .tag("type", "topic")
                            .counter()
                            .count())
                    .isEqualTo(101);
            assertThat(kind(application)).isEqualTo("TOPIC");
            assertThat(application.circuit()).isEqualTo("CLOSED");
            assertThat(get(publisher.publish(this.topic, "k", "direct")).outcome())
                    .isEqualTo(Outcome.SENT);

            kafka.createTopic(unknown, 1);
            clock.advance(Duration.ofMinutes(1));
            application.awaitNoneLeft(SOON);
            assertThat(TopicReader.readAll(kafka.adminConfig(), unknown)).hasSizeGreaterThanOrEqualTo(101);
        }
    }

    @Test
    @DisplayName("W1: a partition that the topic does not have is a RECORD failure")
    void noSuchPartition() throws Exception {
        kafka.createTopic(this.topic, 2);
        try (TestApplication application = application().start()) {
            PublishResult result = get(application
                    .publisher()
                    .publish(OutgoingEvent.of(this.topic, "k", "v").withPartition(7)));
            assertThat(result.outcome()).isEqualTo(Outcome.STORED);
            assertThat(kind(application)).isEqualTo("RECORD");
            assertThat(application.circuit()).isEqualTo("CLOSED");
        }
    }

    @Test
    @DisplayName(
            "W1: refused by the dead-letter topic too, an event stays DLQ_FAILED, visible, and goes there once it may")
    void deadLetterRefused() throws Exception {
        kafka.createTopic(this.topic, 1, Map.of("max.message.bytes", "2000"));
        kafka.createTopic(this.topic + ".dlq", 1, Map.of("max.message.bytes", "2000"));
        try (TestApplication application = application()
                        .with("resilient-kafka.retry.max-attempts", 1)
                        .start();
                Admin admin = Admin.create(kafka.adminConfig())) {
            TestClock clock = application.context().getBean(TestClock.class);
            get(application.publisher().publish(this.topic, "k", "x".repeat(5_000)));
            clock.advance(Duration.ofMinutes(1));
            await(application, EventStatus.DLQ_FAILED);
            assertThat(application.retries().getRetryStats().dlqFailed()).isEqualTo(1);
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> application
                                    .context()
                                    .getBean(MeterRegistry.class)
                                    .get("kafka.dlq.failed")
                                    .gauge()
                                    .value()
                            == 1);

            var topic = new org.apache.kafka.common.config.ConfigResource(
                    org.apache.kafka.common.config.ConfigResource.Type.TOPIC, this.topic + ".dlq");
            var larger = new org.apache.kafka.clients.admin.AlterConfigOp(
                    new org.apache.kafka.clients.admin.ConfigEntry("max.message.bytes", "1000000"),
                    org.apache.kafka.clients.admin.AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(topic, List.of(larger))).all().get();
            clock.advance(Duration.ofMinutes(60));
            await(application, EventStatus.DLQ);
            assertThat(TopicReader.readAll(kafka.adminConfig(), this.topic + ".dlq"))
                    .singleElement()
                    .satisfies(record ->
                            assertThat(header(record, "rk_error")).containsOnlyOnce("RecordTooLargeException"));
            assertThat(application.retries().getRetryStats().dlqFailed()).isZero();
            assertThat(application.retries().getRetryStats().dlq()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("W1: a dead-letter topic is never itself dead-lettered: its records stay DLQ_FAILED")
    void deadLetterTopicItself() throws Exception {
        kafka.createTopic(this.topic + ".dlq", 1, Map.of("max.message.bytes", "2000"));
        try (TestApplication application =
                application().with("resilient-kafka.retry.max-attempts", 1).start()) {
            TestClock clock = application.context().getBean(TestClock.class);
            get(application.publisher().publish(this.topic + ".dlq", "k", "x".repeat(5_000)));
            clock.advance(Duration.ofMinutes(1));
            await(application, EventStatus.DLQ_FAILED);
            try (Admin admin = Admin.create(kafka.adminConfig())) {
                assertThat(admin.listTopics().names().get()).doesNotContain(this.topic + ".dlq.dlq");
            }
        }
    }

    @Test
    @DisplayName("W1: an event of a topic that stays unknown is dead-lettered, too")
    void unknownForEver() throws Exception {
        try (TestApplication application =
                application().with("resilient-kafka.retry.max-attempts", 1).start()) {
            get(application.publisher().publish(this.topic, "k", "nowhere"));
            application.context().getBean(TestClock.class).advance(Duration.ofMinutes(1));
            await(application, EventStatus.DLQ);
            assertThat(TopicReader.readAll(kafka.adminConfig(), this.topic + ".dlq"))
                    .singleElement()
                    .satisfies(record -> {
                        assertThat(record.value()).asString().isEqualTo("nowhere");
                        assertThat(header(record, "rk_reason")).isEqualTo("TOPIC");
                        assertThat(header(record, "rk_original_topic")).isEqualTo(this.topic);
                    });
        }
    }

    @Test
    @DisplayName("H14: one shared dead-letter topic; without auto-create a missing one leaves the event DLQ_FAILED")
    void sharedTopicWithoutAutoCreate() throws Exception {
        kafka.createTopic(this.topic, 1, Map.of("max.message.bytes", "2000"));
        String shared = unique("orders_dead");
        try (TestApplication application = application()
                .with("resilient-kafka.retry.max-attempts", 1)
                .with("resilient-kafka.dlq.topic", shared)
                .with("resilient-kafka.dlq.auto-create", false)
                .start()) {
            TestClock clock = application.context().getBean(TestClock.class);
            get(application.publisher().publish(this.topic, "k", "x".repeat(5_000)));
            clock.advance(Duration.ofMinutes(1));
            await(application, EventStatus.DLQ_FAILED);
            kafka.createTopic(shared, 1);
            // The first try may come before the producer has heard of the topic.
            Awaitility.await("DLQ")
                    .pollInterval(Duration.ofSeconds(2))
                    .atMost(SOON)
                    .until(() -> {
                        clock.advance(Duration.ofMinutes(60));
                        return application.rows(EventStatus.DLQ) == 1;
                    });
            assertThat(TopicReader.readAll(kafka.adminConfig(), shared)).hasSize(1);
        }
    }

    private static void expectAttemptsAfter(TestApplication application, TestClock clock, Duration time, int attempts) {
        clock.advance(time.minusSeconds(30));
        staysAt(application, attempts - 1);
        clock.advance(Duration.ofSeconds(31));
        await(application, attempts);
        assertThat(application.rows(EventStatus.PENDING)).isEqualTo(1);
    }

    /**
     * Several passes of the relay, one every 100 ms, change nothing.
     */
    private static void staysAt(TestApplication application, int attempts) {
        Awaitility.await("still " + attempts + " attempts")
                .during(Duration.ofMillis(600))
                .atMost(SOON)
                .until(() -> application.attempts() == attempts);
    }

    private static void await(TestApplication application, int attempts) {
        Awaitility.await(attempts + " attempts").atMost(SOON).until(() -> application.attempts() == attempts);
    }

    private static void await(TestApplication application, EventStatus status) {
        Awaitility.await(status.name()).atMost(SOON).until(() -> application.rows(status) == 1);
    }

    private static String kind(TestApplication application) {
        return application.jdbc().queryForObject("select distinct failure_kind from failed_kafka_events", String.class);
    }
}
