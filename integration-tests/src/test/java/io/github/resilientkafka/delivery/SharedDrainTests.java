package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.EventTables.Lane;
import io.github.resilientkafka.EventTables.Row;
import io.github.resilientkafka.StoredRows;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Several instances of an application drain one table. W1.
 */
class SharedDrainTests {

    private static final int ROWS = 51_000;

    private static final int MORE_ROWS = 500;

    private static final int FEWER_ROWS = 60_000;

    private static final int MANY_ROWS = 120_000;

    private static final int BATCH_SIZE = 250;

    private static final int CONCURRENCY = 2;

    private static final String WARM_UP = "warm-up";

    private static final String MORE = "more";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Pattern FENCED = Pattern.compile("([0-9a-f-]{36})/\\d+ has lost lanes to another instance");

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    private final String database = this.postgres.createDatabase(unique("shared"));

    private final EventTables tables = new EventTables(this.postgres, this.database);

    @Test
    @DisplayName("W1: three instances drain 50,000 rows together after an outage, each row once")
    void threeInstancesShare() throws Exception {
        this.kafka.createTopic(this.topic, 6);
        try (TestApplication first = application().start();
                TestApplication second = application().start();
                TestApplication third = application().start()) {
            List<TestApplication> instances = List.of(first, second, third);
            for (TestApplication instance : instances) {
                TestApplication.get(instance.publisher().publish(this.topic, "key", WARM_UP));
            }
            this.kafka.kill();
            publish(instances);
            CompletableFuture<Void> broker = CompletableFuture.runAsync(this.kafka::start);
            Set<String> owners = new HashSet<>();
            AtomicInteger atOnce = new AtomicInteger();
            await("all rows resolved", () -> {
                Set<String> now = instancesAtWork();
                owners.addAll(now);
                atOnce.accumulateAndGet(now.size(), Math::max);
                return this.tables.count(EventStatus.RESOLVED) == ROWS;
            });
            broker.get(60, TimeUnit.SECONDS);

            Map<String, Long> values = topic();
            assertThat(values.remove(WARM_UP)).isEqualTo(instances.size());
            List<Long> shares =
                    instances.stream().map(SharedDrainTests::delivered).toList();
            System.out.printf(
                    "%d rows drained by three instances: %s, %d of them at work at once; %d records, %d values%n",
                    ROWS, shares, atOnce.get(), records(values), values.size());
            assertThat(values).hasSize(ROWS);
            assertThat(records(values)).isEqualTo(ROWS);
            assertThat(this.tables.resolvedTotal()).isEqualTo(ROWS);
            assertThat(shares.stream().mapToLong(Long::longValue).sum()).isEqualTo(ROWS);
            assertThat(atOnce).hasValue(3);
            assertThat(owners).hasSize(3);
            assertThat(shares).allMatch(share -> share > ROWS / 10);
        } finally {
            this.kafka.start();
        }
    }

    @Test
    @DisplayName("W1: alone, an instance holds all lanes, half of them each worker; one that comes later gets its share"
            + " in mid-drain, long before the next interval")
    void whoComesLaterGetsLanes() throws Exception {
        this.kafka.createTopic(this.topic, 6);
        storeWithoutDraining("value", MANY_ROWS);
        try (TestApplication first = slowly().start()) {
            await("all lanes leased", () -> this.tables.leasedLanes().size() == EventStore.LANES);
            Map<String, Long> lanesOfWorkers = this.tables.leasedLanes().stream()
                    .collect(Collectors.groupingBy(Lane::owner, Collectors.counting()));
            assertThat(lanesOfWorkers.values()).containsExactly(EventStore.LANES / 2L, EventStore.LANES / 2L);
            String alone = instancesAtWork().iterator().next();
            try (TestApplication second = slowly().start()) {
                long start = System.nanoTime();
                await("the second at work", () -> instancesAtWork().size() == 2);
                long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                long pending = this.tables.count(EventStatus.PENDING);
                assertThat(pending).isPositive();
                // The second's workers come one after the other.
                await(
                        "lanes shared out",
                        () -> this.tables.leasedLanes().stream()
                                        .filter(lane -> lane.instance().equals(alone))
                                        .count()
                                <= EventStore.LANES / 4);
                await("all rows resolved", () -> this.tables.count(EventStatus.RESOLVED) == MANY_ROWS);

                System.out.printf(
                        "with %d rows pending a second instance had lanes after %d ms: %d and %d rows drained%n",
                        pending, waited, delivered(first), delivered(second));
                assertThat(delivered(second)).isGreaterThan(pending / 4);
                assertThat(delivered(first)).isGreaterThan(MANY_ROWS - pending);
                Map<String, Long> values = topic();
                assertThat(values).hasSize(MANY_ROWS);
                assertThat(records(values)).isEqualTo(MANY_ROWS);
            }
        }
    }

    @Test
    @DisplayName("W1: an instance frozen between two batches for longer than its lease sends nothing when it wakes")
    void frozenBetweenBatches() throws Exception {
        this.kafka.createTopic(this.topic, 6);
        try (ChildApplication child = ChildApplication.haltingBetweenBatches(application(1), 2 * BATCH_SIZE)) {
            storeWithoutDraining("value", FEWER_ROWS);
            await("the child between two batches", () -> child.hasStarted() && child.hasHalted());
            Frozen frozen = freeze(child);
            child.goOn();
            takeOver();
            Map<String, Long> before = topic();
            // Something for it to read in lanes that are no longer its own, whether or not it has a batch in hand.
            storeWithoutDraining(MORE, MORE_ROWS);

            child.jvm().thaw();
            String fenced = awaitFenced(child);
            // Alone now, it leases the lanes again, and sends what it did not send before.
            await("more rows resolved", () -> this.tables.count(EventStatus.RESOLVED) == FEWER_ROWS + MORE_ROWS);
            Map<String, Long> after = topic();
            System.out.printf(
                    "frozen between batches for %d ms with %d lanes and %d rows: %d records before it woke, %d after, %d"
                            + " values%n",
                    frozen.millis(),
                    frozen.lanesOf(fenced).size(),
                    frozen.rowsOf(fenced).size(),
                    records(before),
                    records(after),
                    after.size());
            assertThat(before).hasSize(FEWER_ROWS);
            assertThat(records(before)).isEqualTo(FEWER_ROWS);
            assertThat(after).hasSize(FEWER_ROWS + MORE_ROWS);
            assertThat(records(after)).as("records, each once").isEqualTo(FEWER_ROWS + MORE_ROWS);
            assertTakenOver(frozen.lanesOf(fenced));
            assertThat(frozen.rowsOf(fenced)).isNotEmpty();
        }
    }

    @Test
    @DisplayName("W1: an instance frozen at any moment for longer than its lease is fenced when it wakes: at most what"
            + " was in flight arrives twice")
    void frozenAtWork() throws Exception {
        this.kafka.createTopic(this.topic, 6);
        try (ChildApplication child = ChildApplication.draining(application(CONCURRENCY))) {
            storeWithoutDraining("value", FEWER_ROWS);
            await("the child at work", () -> this.tables.count(EventStatus.RESOLVED) > 1_000);
            Frozen frozen = freeze(child);
            takeOver();
            Map<String, Long> before = topic();

            child.jvm().thaw();
            String fenced = awaitFenced(child);
            assertTakesPartAgain(child);
            Map<String, Long> after = topic();
            after.keySet().removeIf(value -> value.startsWith(MORE));
            Set<String> twice = after.entrySet().stream()
                    .filter(entry -> entry.getValue() > 1)
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            System.out.printf(
                    "frozen at work for %d ms with %d lanes and %d rows: %d records before it woke, %d after, %d values;"
                            + " %d values twice, at most %d were in flight%n",
                    frozen.millis(),
                    frozen.lanesOf(fenced).size(),
                    frozen.rowsOf(fenced).size(),
                    records(before),
                    records(after),
                    after.size(),
                    twice.size(),
                    CONCURRENCY * BATCH_SIZE);
            assertThat(before).hasSize(FEWER_ROWS);
            assertThat(after).hasSize(FEWER_ROWS);
            assertThat(records(after)).isEqualTo(FEWER_ROWS + twice.size());
            assertThat(frozen.rowsOf(fenced)).containsAll(twice);
            assertThat(twice).hasSizeLessThanOrEqualTo(CONCURRENCY * BATCH_SIZE);
            assertTakenOver(frozen.lanesOf(fenced));
        }
    }

    /**
     * What was leased, and what waited in those lanes, when an instance was frozen.
     */
    private record Frozen(long sinceNanos, List<Lane> leased, List<Row> pending) {

        List<Lane> lanesOf(String instance) {
            return this.leased.stream()
                    .filter(lane -> lane.instance().equals(instance))
                    .toList();
        }

        Set<String> rowsOf(String instance) {
            Set<Integer> lanes = lanesOf(instance).stream().map(Lane::number).collect(Collectors.toSet());
            return EventTables.values(this.pending.stream()
                    .filter(row -> lanes.contains(row.lane()))
                    .toList());
        }

        long millis() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - this.sinceNanos);
        }
    }

    private Frozen freeze(ChildApplication child) {
        child.jvm().freeze();
        return new Frozen(System.nanoTime(), this.tables.leasedLanes(), this.tables.rows(EventStatus.PENDING));
    }

    private Set<String> instancesAtWork() {
        return this.tables.leasedLanes().stream().map(Lane::instance).collect(Collectors.toSet());
    }

    /**
     * Two other instances drain everything, the frozen one's lanes included once its lease is over.
     */
    private void takeOver() {
        try (TestApplication second = application().start();
                TestApplication third = application().start()) {
            await("all rows resolved", () -> this.tables.count(EventStatus.RESOLVED) == FEWER_ROWS);
            assertThat(delivered(second) + delivered(third)).isPositive();
        }
    }

    private void assertTakenOver(List<Lane> lanes) {
        List<Lane> now = this.tables.lanes();
        assertThat(lanes)
                .as("lanes that the frozen instance had")
                .isNotEmpty()
                .allMatch(lane -> now.get(lane.number()).epoch() > lane.epoch());
    }

    /**
     * Waits until the child says that it was fenced, and returns its name.
     */
    private static String awaitFenced(ChildApplication child) {
        await("the child to notice", () -> FENCED.matcher(child.jvm().log()).find());
        Set<String> instances = FENCED.matcher(child.jvm().log())
                .results()
                .map(result -> result.group(1))
                .collect(Collectors.toSet());
        assertThat(instances).hasSize(1);
        return instances.iterator().next();
    }

    /**
     * The child, alone now, drains new rows: nothing of what it did before is under way any more.
     */
    private void assertTakesPartAgain(ChildApplication child) {
        storeWithoutDraining(MORE, MORE_ROWS);
        await("more rows resolved", () -> this.tables.count(EventStatus.RESOLVED) == FEWER_ROWS + MORE_ROWS);
        assertThat(child.jvm().isRunning()).isTrue();
    }

    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.database)
                .with("resilient-kafka.retry.interval", "1s");
    }

    /**
     * In batches so small that the backlog lasts, looking for work only when it starts or somebody gives lanes back.
     */
    private TestApplication.Builder slowly() {
        return application()
                .with("resilient-kafka.retry.interval", "10m")
                .with("resilient-kafka.retry.batch-size", EventStore.LANES);
    }

    private TestApplication.Builder application(int concurrency) {
        return application()
                .with("resilient-kafka.retry.lease", "3s")
                .with("resilient-kafka.retry.concurrency", concurrency)
                .with("resilient-kafka.retry.batch-size", BATCH_SIZE);
    }

    /**
     * Publishes all rows while the broker is down, a third from each instance; the first ones open the circuits.
     */
    private void publish(List<TestApplication> instances) throws Exception {
        List<CompletableFuture<PublishResult>> futures = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            TestApplication instance = instances.get(i % instances.size());
            futures.add(instance.publisher().publish(this.topic, "key-" + (i % 1_000), "value-" + i));
            if (i == instances.size() - 1) {
                instances.forEach(each -> each.awaitCircuit("OPEN", PATIENCE));
            }
        }
        for (CompletableFuture<PublishResult> future : futures) {
            assertThat(TestApplication.get(future).outcome()).isEqualTo(Outcome.STORED);
        }
    }

    /**
     * Writes rows that are due at once, from an instance that drains none.
     */
    private void storeWithoutDraining(String name, int rows) {
        try (TestApplication application =
                application().with("resilient-kafka.retry.enabled", false).start()) {
            StoredRows.save(
                    application,
                    IntStream.range(0, rows)
                            .mapToObj(i -> StoredRows.row(
                                    i % EventStore.LANES, this.topic, "key-" + (i % 1_000), name + "-" + i))
                            .toList());
        }
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    private Map<String, Long> topic() {
        return TopicReader.values(TopicReader.readAll(this.kafka.clientConfig(), this.topic));
    }

    private static long records(Map<String, Long> values) {
        return values.values().stream().mapToLong(Long::longValue).sum();
    }

    private static long delivered(TestApplication instance) {
        return (long) instance.context()
                .getBean(MeterRegistry.class)
                .get("kafka.retry.success")
                .counter()
                .count();
    }
}
