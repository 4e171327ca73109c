package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.EventTables.Lane;
import io.github.resilientkafka.StoredRows;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The only worker has a lane that never gets empty: rows come in as fast as they go. W1, W3.
 */
class BusyLaneTests {

    private static final int BUSY = 0;

    private static final List<Integer> OTHERS = List.of(1, 2, 3);

    private static final int BACKLOG = 5_000;

    private static final Duration PATIENCE = Duration.ofSeconds(12);

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("busy");

    private final String database = this.postgres.createDatabase(unique("busy"));

    private final EventTables tables = new EventTables(this.postgres, this.database);

    @BeforeEach
    void createTopic() throws Exception {
        this.kafka.createTopic(this.topic, 4);
    }

    @Test
    @DisplayName("W1: rows of other lanes are delivered although the worker has one that never gets empty")
    void othersAreServed() {
        try (TestApplication application = application()
                        .with("resilient-kafka.retry.interval", "10m")
                        .start();
                Inflow inflow = new Inflow(application)) {
            await("the worker at its busy lane", () -> leased().equals(List.of(BUSY)));
            store(application, OTHERS, 1);
            await("the others' rows delivered", () -> OTHERS.stream()
                    .allMatch(lane -> this.tables.resolved(lane) == 1));
            assertThat(inflow.leastBacklog()).isPositive();
        }
    }

    @Test
    @DisplayName("W3: refused dead letters are tried again although the worker has a lane that never gets empty")
    void refusedDeadLettersAreTried() {
        try (TestApplication application = application()
                        .with("resilient-kafka.retry.interval", "1s")
                        .start();
                Inflow inflow = new Inflow(application)) {
            await("the worker at its busy lane", () -> leased().equals(List.of(BUSY)));
            this.tables.execute("""
                    update failed_kafka_events
                       set status = 'DLQ_FAILED'
                     where id = (select max(id) from failed_kafka_events where status = 'PENDING')""");
            await("the dead letter delivered", () -> this.tables.count(EventStatus.DLQ) == 1);
            assertThat(inflow.leastBacklog()).isPositive();
        }
    }

    /**
     * Batches so small that a backlog lasts.
     */
    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.database)
                .with("resilient-kafka.retry.lease", "3s")
                .with("resilient-kafka.retry.concurrency", 1)
                .with("resilient-kafka.retry.batch-size", 16);
    }

    private void store(TestApplication application, List<Integer> lanes, int rowsEach) {
        List<FailedEvent> rows = IntStream.range(0, lanes.size() * rowsEach)
                .mapToObj(i -> StoredRows.row(lanes.get(i % lanes.size()), this.topic, "key", "value-" + i))
                .toList();
        StoredRows.save(application, rows);
    }

    private List<Integer> leased() {
        return this.tables.leasedLanes().stream().map(Lane::number).toList();
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(condition);
    }

    /**
     * Keeps rows in the busy lane.
     */
    private final class Inflow implements AutoCloseable {

        private final TestApplication application;

        private final CompletableFuture<Void> done;

        private volatile boolean running = true;

        private volatile long leastBacklog = BACKLOG;

        Inflow(TestApplication application) {
            this.application = application;
            store(application, List.of(BUSY), BACKLOG);
            application.retries().drainNow();
            this.done = CompletableFuture.runAsync(this::refill);
        }

        private void refill() {
            for (long stored = BACKLOG; this.running; ) {
                long backlog = stored - BusyLaneTests.this.tables.resolved(BUSY);
                this.leastBacklog = Math.min(this.leastBacklog, backlog);
                if (backlog < BACKLOG) {
                    store(this.application, List.of(BUSY), 500);
                    stored += 500;
                }
            }
        }

        /**
         * How many rows the lane had before it was refilled, at the least.
         */
        long leastBacklog() {
            return this.leastBacklog;
        }

        @Override
        public void close() {
            this.running = false;
            this.done.join();
        }
    }
}
