package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.EventTables.Lane;
import io.github.resilientkafka.EventTables.Row;
import io.github.resilientkafka.EventTables.WriteLock;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/**
 * The application itself is killed and started again. Delivery is at least once, so duplicates are counted, and each of
 * them is explained. W1, H11.
 */
class ApplicationCrashTests {

    private static final int THREADS = 4;

    private static final int BATCH_SIZE = 250;

    private static final int CONCURRENCY = 2;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    private final String database = this.postgres.createDatabase(unique("crash"));

    private final EventTables tables = new EventTables(this.postgres, this.database);

    @Test
    @DisplayName(
            "W1: application killed in mid-outage: whatever it had promised arrives after its restart, once but for"
                    + " what was in flight when the broker died")
    void killedInMidOutage() throws Exception {
        this.kafka.createTopic(this.topic, 6);
        try (ChildApplication child = ChildApplication.publishing(application(), this.topic, THREADS, Duration.ZERO)) {
            await("events sent", () -> child.kept().size() > 2_000);
            this.kafka.kill();
            Instant brokerDied = Instant.now();
            await("events stored", () -> child.hasStarted() && this.tables.count(EventStatus.PENDING) > 10_000);
            child.jvm().kill();
            awaitQuiet();
            Set<String> kept = child.kept();
            List<Row> stored = this.tables.rows(EventStatus.PENDING);

            try (TestApplication restarted = application().start()) {
                this.kafka.start();
                restarted.awaitNoneLeft(PATIENCE);
                Map<String, Long> values = topic();
                Map<String, Row> rows = assertAllResolved(stored.size()).stream()
                        .collect(Collectors.toMap(Row::value, Function.identity()));
                Set<String> duplicates = duplicates(values);
                System.out.printf(
                        "killed in mid-outage: %d promised, %d rows; %d in the topic, %d of them twice (at most %d were"
                                + " in flight when the broker died), %d never promised%n",
                        kept.size(),
                        stored.size(),
                        values.size(),
                        duplicates.size(),
                        THREADS * ChildApplication.WINDOW,
                        values.size() - kept.size());
                assertThat(without(kept, values.keySet())).as("missing").isEmpty();
                assertThat(without(rows.keySet(), values.keySet()))
                        .as("missing rows")
                        .isEmpty();
                assertThat(duplicates).hasSizeLessThanOrEqualTo(THREADS * ChildApplication.WINDOW);
                assertThat(duplicates)
                        .as("stored, but sent before the broker died")
                        .allMatch(value -> rows.containsKey(value)
                                && !rows.get(value).createdAt().isAfter(brokerDied));
            }
        } finally {
            this.kafka.start();
        }
    }

    @Test
    @DisplayName("W1: application killed in mid-drain: whatever it had promised arrives after its restart, once but for"
            + " the batches in flight; its lanes are taken over when its leases are over")
    void killedInMidDrain() throws Exception {
        this.kafka.createTopic(this.topic, 6);
        this.kafka.kill();
        try (ChildApplication child =
                ChildApplication.publishing(application(), this.topic, THREADS, Duration.ofMillis(1))) {
            await("events stored", () -> child.hasStarted() && this.tables.count(EventStatus.PENDING) > 10_000);
            CompletableFuture<Void> broker = CompletableFuture.runAsync(this.kafka::start);
            await("rows resolved", () -> this.tables.count(EventStatus.RESOLVED) > 3_000);
            try (WriteLock lock = this.tables.lockWrites()) {
                assertThat(this.tables.count(EventStatus.PENDING))
                        .as("left to drain")
                        .isGreaterThan(1_000);
                // The worst moment: Kafka has a batch, and nobody can settle it.
                await("a batch to be settled", () -> !sentOf(this.tables.rows(EventStatus.PENDING))
                        .isEmpty());
                child.jvm().kill();
                lock.endOthers();
            }
            awaitQuiet();
            broker.get(60, TimeUnit.SECONDS);

            Set<String> kept = child.kept();
            long resolvedByChild = this.tables.count(EventStatus.RESOLVED);
            List<Row> pending = this.tables.rows(EventStatus.PENDING);
            Map<Integer, Lane> dead =
                    this.tables.leasedLanes().stream().collect(Collectors.toMap(Lane::number, Function.identity()));
            Set<String> inFlight = sentOf(pending);
            assertThat(pending).as("pending in mid-drain").hasSizeGreaterThan(1_000);
            assertThat(dead).as("lanes that the dead instance holds").isNotEmpty();
            assertThat(inFlight).as("sent and not settled").isNotEmpty();

            long start = System.nanoTime();
            try (TestApplication restarted = application().start()) {
                restarted.awaitNoneLeft(PATIENCE);
                Duration took = Duration.ofNanos(System.nanoTime() - start);
                Map<String, Long> values = topic();
                List<Row> rows = assertAllResolved(resolvedByChild + pending.size());
                Set<String> duplicates = duplicates(values);
                System.out.printf(
                        "killed in mid-drain: %d promised; %d rows resolved before, %d within %d ms of the restart, %d"
                                + " lanes were leased; %d in the topic, %d of them twice (%d were sent and not settled,"
                                + " at most %d can be), %d never promised%n",
                        kept.size(),
                        resolvedByChild,
                        pending.size(),
                        took.toMillis(),
                        dead.size(),
                        values.size(),
                        duplicates.size(),
                        inFlight.size(),
                        CONCURRENCY * BATCH_SIZE,
                        values.size() - kept.size());
                assertThat(without(kept, values.keySet())).as("missing").isEmpty();
                assertThat(without(EventTables.values(rows), values.keySet()))
                        .as("missing rows")
                        .isEmpty();
                assertThat(duplicates).isEqualTo(inFlight).hasSizeLessThanOrEqualTo(CONCURRENCY * BATCH_SIZE);
                assertTakenOver(dead, pending, rows);
            }
        } finally {
            this.kafka.start();
        }
    }

    /**
     * The lanes of the dead instance were drained by another one, when its leases were over and not before.
     */
    private void assertTakenOver(Map<Integer, Lane> dead, List<Row> pending, List<Row> resolved) {
        List<Row> waiting =
                pending.stream().filter(row -> dead.containsKey(row.lane())).toList();
        assertThat(waiting).as("rows in leased lanes").isNotEmpty();
        Set<Long> ids = waiting.stream().map(Row::id).collect(Collectors.toSet());
        assertThat(resolved.stream().filter(row -> ids.contains(row.id())))
                .hasSameSizeAs(waiting)
                .allMatch(row -> row.resolvedAt().isAfter(dead.get(row.lane()).expiresAt()));
        Set<Integer> lanes = waiting.stream().map(Row::lane).collect(Collectors.toSet());
        assertThat(this.tables.lanes().stream().filter(lane -> lanes.contains(lane.number())))
                .allMatch(lane -> lane.epoch() > dead.get(lane.number()).epoch());
    }

    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.database)
                .with("resilient-kafka.retry.lease", "3s")
                .with("resilient-kafka.retry.interval", "1s")
                .with("resilient-kafka.retry.concurrency", CONCURRENCY)
                .with("resilient-kafka.retry.batch-size", BATCH_SIZE);
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptionsMatching(ex -> ex instanceof DataAccessException)
                .until(condition);
    }

    /**
     * A statement that a dead application has sent is still carried out.
     */
    private void awaitQuiet() {
        Awaitility.await("the dead application's statements")
                .atMost(PATIENCE)
                .until(() -> this.tables.connections() == 0);
    }

    private Map<String, Long> topic() {
        return TopicReader.values(TopicReader.readAll(this.kafka.clientConfig(), this.topic));
    }

    private Set<String> sentOf(List<Row> rows) {
        Set<String> values = EventTables.values(rows);
        values.retainAll(topic().keySet());
        return values;
    }

    private List<Row> assertAllResolved(long rows) {
        List<Row> resolved = this.tables.rows(EventStatus.RESOLVED);
        assertThat(resolved).hasSize((int) rows).allMatch(row -> row.attempts() == 0);
        assertThat(this.tables.count(EventStatus.DLQ) + this.tables.count(EventStatus.DLQ_FAILED))
                .isZero();
        assertThat(this.tables.resolvedTotal()).isEqualTo(rows);
        return resolved;
    }

    private static Set<String> without(Set<String> values, Set<String> others) {
        return values.stream().filter(value -> !others.contains(value)).collect(Collectors.toSet());
    }

    private static Set<String> duplicates(Map<String, Long> values) {
        Set<String> duplicates = new HashSet<>();
        values.forEach((value, count) -> {
            if (count > 1) {
                assertThat(count).as("copies of " + value).isEqualTo(2);
                duplicates.add(value);
            }
        });
        return duplicates;
    }
}
