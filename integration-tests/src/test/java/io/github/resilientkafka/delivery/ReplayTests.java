package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TestClock;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Dead letters go to their own topic again, as a job: on real servers, thousands of them.
 */
@Tag("unhurried")
class ReplayTests {

    private static final int MANY = 4_000;

    private static final int KEYS = 200;

    /** Larger than any batch: one with several such records Kafka's client would split for ever (KAFKA-8350). */
    private static final int LARGE = 150_000;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    private final String database = this.postgres.createDatabase(unique("replay"));

    private final EventTables tables = new EventTables(this.postgres, this.database);

    @Test
    @DisplayName(
            "replay: events that Kafka refused and that were dead-lettered arrive once the reason is gone; the copies"
                    + " in the dead-letter topic stay")
    void fromRefusalToArrival() throws Exception {
        this.kafka.createTopic(this.topic, 2, Map.of("max.message.bytes", "140000"));
        try (TestApplication application = application()
                        .with("resilient-kafka.retry.max-attempts", 1)
                        .with("resilient-kafka.retry.interval", "200ms")
                        .sources(TestApplication.Minimal.class, TestClock.Configuration.class)
                        .start();
                Admin admin = Admin.create(this.kafka.adminConfig())) {
            List<CompletableFuture<PublishResult>> futures = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                futures.add(application.publisher().publish(this.topic, "k" + i % 4, i + "x".repeat(LARGE)));
            }
            for (CompletableFuture<PublishResult> future : futures) {
                assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
            }
            TestClock clock = application.context().getBean(TestClock.class);
            clock.advance(Duration.ofMinutes(1));
            await("dead-lettered", () -> application.rows(EventStatus.DLQ) == 40);

            clock.advance(Duration.ofSeconds(1));
            ReplayJob tooEarly = application.retries().replayDeadLetters(this.topic, ReplayOptions.defaults());
            await("replayed", () -> tooEarly.progress().state() == State.DONE);
            await(
                    "refused and dead-lettered again",
                    () -> application.rows(EventStatus.PENDING) == 0 && application.rows(EventStatus.DLQ) == 40);
            assertThat(tooEarly.progress().replayed())
                    .as("each once, though they became dead letters again")
                    .isEqualTo(40);

            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, this.topic);
            Collection<AlterConfigOp> larger = List.of(
                    new AlterConfigOp(new ConfigEntry("max.message.bytes", "1000000"), AlterConfigOp.OpType.SET));
            admin.incrementalAlterConfigs(Map.of(resource, larger)).all().get();
            clock.advance(Duration.ofSeconds(1));
            ReplayJob job = application.retries().replayDeadLetters(this.topic, ReplayOptions.defaults());
            await("arrived", () -> application.rows(EventStatus.RESOLVED) == 40);

            assertThat(job.progress().state()).isEqualTo(State.DONE);
            assertThat(application.retries().getRetryStats().dlq()).isZero();
            List<ConsumerRecord<byte[], byte[]>> records = TopicReader.readAll(this.kafka.adminConfig(), this.topic);
            assertThat(records).hasSize(40).allSatisfy(record -> {
                assertThat(record.value()).hasSizeGreaterThan(LARGE);
                assertThat(TopicReader.header(record, "ce_id")).isNotNull();
                assertThat(TopicReader.header(record, "rk_reason"))
                        .as("as first published")
                        .isNull();
            });
            assertInOrder(records);
            assertThat(TopicReader.readAll(this.kafka.adminConfig(), this.topic + ".dlq"))
                    .as("twice dead-lettered, and still there")
                    .hasSize(80);
        }
    }

    @Test
    @DisplayName(
            "replay: a dry run counts; a rate is kept; cancelled in the middle nothing is lost, and the next job does"
                    + " the rest; each event arrives once, in order")
    void thousands() {
        this.kafka.createTopic(this.topic, 3);
        try (TestApplication application = application().start()) {
            deadLetter(application, MANY);
            FailedEventRetryService retries = application.retries();
            assertThat(retries.getRetryStats().dlq()).isEqualTo(MANY);

            ReplayJob dryRun = retries.replayDeadLetters(
                    this.topic, ReplayOptions.defaults().asDryRun());
            await("counted", () -> dryRun.progress().state() == State.DONE);
            assertThat(dryRun.progress().found()).isEqualTo(MANY);
            assertThat(dryRun.progress().replayed()).isZero();
            assertThat(dryRun.progress().examples()).hasSize(5).allSatisfy(example -> {
                assertThat(example.key()).startsWith("k");
                assertThat(example.error()).contains("TooLarge");
            });
            assertThat(application.rows(EventStatus.DLQ)).isEqualTo(MANY);

            long start = System.nanoTime();
            ReplayJob slow = retries.replayDeadLetters(
                    this.topic, ReplayOptions.defaults().withRowsPerSecond(400));
            assertThatIllegalStateException()
                    .isThrownBy(() -> retries.replayDeadLetters(this.topic, ReplayOptions.defaults()));
            await("some replayed", () -> slow.progress().replayed() >= 800);
            double seconds = Duration.ofNanos(System.nanoTime() - start).toMillis() / 1_000.0;
            assertThat(slow.cancel()).isTrue();
            await("cancelled", () -> slow.progress().state() == State.CANCELLED);
            long replayed = slow.progress().replayed();
            System.out.printf("replayed %d in %.1f s, asked for 400 per second%n", replayed, seconds);
            assertThat(replayed).isLessThanOrEqualTo(Math.round(400 * (seconds + 0.5)));
            assertThat(application.rows(EventStatus.DLQ)).isEqualTo(MANY - replayed);
            assertThat(retries.getRetryStats().dlq()).isEqualTo(MANY - replayed);

            ReplayJob rest = retries.replayDeadLetters(
                    this.topic, ReplayOptions.defaults().withRowsPerSecond(100_000));
            await("all arrived", () -> application.rows(EventStatus.RESOLVED) == MANY);
            assertThat(rest.progress().found()).isEqualTo(MANY - replayed);
            assertThat(rest.progress().replayed()).isEqualTo(MANY - replayed);
            assertThat(retries.getRetryStats().dlq()).isZero();
            assertThat(retries.replayJobs()).containsExactly(rest, slow, dryRun);
            List<ConsumerRecord<byte[], byte[]>> records = TopicReader.readAll(this.kafka.adminConfig(), this.topic);
            assertThat(records).hasSize(MANY);
            assertInOrder(records);
        }
    }

    @Test
    @DisplayName("replay: two instances at once: each event arrives once, the totals are right")
    void twoInstances() {
        this.kafka.createTopic(this.topic, 3);
        try (TestApplication one = application().start();
                TestApplication two = application().start()) {
            deadLetter(one, MANY);
            ReplayOptions fast = ReplayOptions.defaults().withRowsPerSecond(100_000);
            List<ReplayJob> jobs = List.of(
                    one.retries().replayDeadLetters(this.topic, fast),
                    two.retries().replayDeadLetters(this.topic, fast));
            await("all arrived", () -> one.rows(EventStatus.RESOLVED) == MANY);
            await("both done", () -> jobs.stream()
                    .allMatch(job -> job.progress().state() == State.DONE));

            assertThat(jobs.stream().mapToLong(job -> job.progress().replayed()).sum())
                    .isEqualTo(MANY);
            assertThat(one.retries().getRetryStats().dlq()).isZero();
            assertThat(one.retries().getRetryStats().resolved()).isEqualTo(MANY);
            assertThat(TopicReader.readAll(this.kafka.adminConfig(), this.topic))
                    .hasSize(MANY);
        }
    }

    @Test
    @DisplayName("replay: killed in the middle: nothing is lost, the totals are right, another job does the rest")
    void killedInTheMiddle() {
        this.kafka.createTopic(this.topic, 3);
        try (TestApplication application = application().start()) {
            deadLetter(application, MANY);
        }
        try (ChildApplication child =
                ChildApplication.replaying(application().with("resilient-kafka.retry.lease", "5s"), this.topic)) {
            await("some replayed", () -> child.hasStarted() && this.tables.count(EventStatus.DLQ) < MANY - 1_000);
            child.jvm().kill();
        }
        await("no session left", () -> this.tables.connections() == 0);
        long dead = this.tables.count(EventStatus.DLQ);
        assertThat(dead).isBetween(1L, MANY - 1_000L);
        System.out.println("killed with " + dead + " of " + MANY + " still dead letters");

        try (TestApplication restarted = application().start()) {
            assertThat(restarted.retries().getRetryStats().dlq()).isEqualTo(dead);
            assertThat(restarted.retries().replayJobs()).isEmpty();
            ReplayJob rest = restarted
                    .retries()
                    .replayDeadLetters(this.topic, ReplayOptions.defaults().withRowsPerSecond(100_000));
            await("all arrived", () -> restarted.rows(EventStatus.RESOLVED) == MANY);
            assertThat(rest.progress().replayed()).isEqualTo(dead);
            assertThat(restarted.retries().getRetryStats().dlq()).isZero();
        }
        Map<String, Long> values = TopicReader.values(TopicReader.readAll(this.kafka.adminConfig(), this.topic));
        assertThat(values).as("none missing").hasSize(MANY);
    }

    @Test
    @DisplayName("replay: stopping the application cancels it, and the rest stays dead-lettered")
    void stopped() {
        this.kafka.createTopic(this.topic, 1);
        ReplayJob job;
        try (TestApplication application = application().start()) {
            deadLetter(application, MANY);
            job = application
                    .retries()
                    .replayDeadLetters(this.topic, ReplayOptions.defaults().withRowsPerSecond(200));
            ReplayJob running = job;
            await("some replayed", () -> running.progress().replayed() > 0);
        }
        assertThat(job.progress().state()).isEqualTo(State.CANCELLED);
        assertThat(this.tables.count(EventStatus.DLQ))
                .isEqualTo(MANY - job.progress().replayed());
    }

    /**
     * Stored and dead-lettered as the relay would have, without its thousands of lines in the log.
     */
    private void deadLetter(TestApplication application, int count) {
        List<FailedEvent> rows = new ArrayList<>();
        Instant now = Instant.now().minusSeconds(60);
        for (int i = 0; i < count; i++) {
            String key = "k" + i % KEYS;
            rows.add(new FailedEvent(
                    EventIds.next(now.toEpochMilli()),
                    EventIds.next(now.toEpochMilli()),
                    i % KEYS % EventStore.LANES,
                    this.topic,
                    null,
                    now.toEpochMilli(),
                    key.getBytes(StandardCharsets.UTF_8),
                    key,
                    (i + ":" + key).getBytes(StandardCharsets.UTF_8),
                    "[]",
                    "String",
                    FailureKind.RECORD,
                    "TooLarge",
                    "too large",
                    now,
                    now.plus(Duration.ofDays(1))));
        }
        application.context().getBean(EventStore.class).save(rows);
        JdbcTemplate jdbc = application.jdbc();
        jdbc.update(
                "update failed_kafka_events set status = 'DLQ', attempts = 3, resolved_at = now() - interval '1 minute'");
        jdbc.update("update kafka_lane l set dlq ="
                + " (select count(*) from failed_kafka_events e where e.lane = l.lane and e.status = 'DLQ')");
    }

    private static void assertInOrder(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<String, Integer> last = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            String key = TopicReader.text(record.key());
            int number = Integer.parseInt(TopicReader.text(record.value()).split("[:x]")[0]);
            assertThat(number).as(key).isGreaterThan(last.getOrDefault(key, -1));
            last.put(key, number);
        }
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres).database(this.database);
    }
}
