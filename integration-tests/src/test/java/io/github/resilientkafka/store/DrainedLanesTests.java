package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.row;
import static io.github.resilientkafka.store.EventRows.rows;
import static io.github.resilientkafka.store.StoreDatabase.scope;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Where searches for pending rows begin: behind all that is settled, never behind a row that is pending or may still
 * appear. W1, rule R7 of the gate.
 */
class DrainedLanesTests {

    private static final int LANE = 7;

    private final StoreDatabase database = new StoreDatabase(LocalPostgres.shared());

    private final EventStore store = this.database.store();

    private final FailedEvents events = this.database.events();

    private final DrainProgress progress = new DrainProgress(Duration.ZERO);

    @AfterEach
    void close() {
        this.database.close();
    }

    @Test
    @DisplayName("R7, trace T8: what commits late, below an id that is settled already, is read before its successors")
    void lateCommit() throws Exception {
        FailedEvent e1 = row(LANE, "e1", NOW);
        FailedEvent held = row(LANE, "held", NOW);
        this.store.ping();
        try (Connection blocker = connection()) {
            insert(blocker, held);
            // The very statement of the writer: e1 has its id, and waits for the other row.
            CompletableFuture<Void> batch = CompletableFuture.runAsync(() -> this.store.save(List.of(e1, held)));
            Threads.awaitLockedBackend(this.database.jdbc());
            this.database.store().save(List.of(row(LANE, "x", NOW)));

            assertThat(drain()).containsExactly("x");
            advance(5);
            assertThat(mark()).isZero();

            blocker.rollback();
            batch.get(10, TimeUnit.SECONDS);
        }
        this.store.save(List.of(row(LANE, "e2", NOW)));
        advance(5);

        assertThat(drain()).containsExactly("e1", "held", "e2");
        advance(2);
        assertThat(mark()).isEqualTo(maxId());
    }

    @Test
    void aTransactionThatWritesElsewhereHoldsNothingUp() throws Exception {
        this.store.save(rows(10, LANE));
        try (Connection idle = connection();
                Statement statement = idle.createStatement()) {
            statement.execute("create table elsewhere (id int)");
            statement.execute("insert into elsewhere values (1)");
            statement.executeQuery("select count(*) from failed_kafka_events");

            drain();
            advance(2);

            assertThat(mark()).isEqualTo(maxId());
        }
    }

    @Test
    void onlyStatementsThatWereUnderWayAreWaitedFor() throws Exception {
        this.store.save(rows(10, LANE));
        try (Connection first = connection();
                Connection second = connection()) {
            insert(first, row(LANE, "late", NOW));
            drain();
            advance(1);
            insert(second, row(LANE, "later", NOW));
            advance(1);
            assertThat(mark()).as("the first may still commit").isZero();
            first.rollback();
            advance(1);

            assertThat(mark()).isEqualTo(10);
        }
    }

    @Test
    void aPendingRowIsNeverPassed() {
        this.store.save(List.of(row(LANE, "a", NOW), row(LANE, "later", NOW.plusSeconds(60)), row(LANE, "b", NOW)));

        assertThat(drain()).containsExactly("a", "b");
        advance(2);

        assertThat(mark()).isEqualTo(1);
        assertThat(read(lease(), NOW.plusSeconds(60))).containsExactly("later");
    }

    @Test
    void rowsInFlightAreNotPassed() {
        this.store.save(rows(4, LANE));
        List<LaneLease> leases = lease();
        List<StoredEvent> rows = this.store.read(leases, EventStatus.PENDING, NOW, 4, List.of());
        settle(leases, rows.subList(2, 4));
        advance(2);

        assertThat(mark()).isZero();
        assertThat(this.store.read(leases, EventStatus.PENDING, NOW, 4, List.of()))
                .hasSize(2);
    }

    @Test
    void aDeadLetterThatIsRetriedIsFound() {
        this.store.save(rows(3, LANE));
        List<LaneLease> leases = lease();
        List<StoredEvent> rows = this.store.read(leases, EventStatus.PENDING, NOW, 3, List.of());
        settle(leases, rows.subList(1, 3));
        FailedAttempt dead = EventRows.attempt(rows.get(0), EventStatus.PENDING, EventStatus.DLQ);
        assertThat(this.store.settleFailures("w", leases, List.of(dead), NOW, LEASE))
                .isTrue();
        this.store.release("w", leases);
        advance(2);
        assertThat(mark()).isEqualTo(maxId());

        assertThat(this.events.retry(rows.get(0).id(), NOW)).isTrue();

        assertThat(mark()).isZero();
        assertThat(this.events.stats().pending()).isEqualTo(1);
        assertThat(drain()).containsExactly("key-0");
    }

    @Test
    void whatSomebodyMadePendingByHandIsFoundAgain() {
        this.store.save(rows(3, LANE));
        drain();
        advance(2);
        this.database.jdbc().update("update failed_kafka_events set status = 'PENDING' where id = 2");
        assertThat(lease()).as("not looked for").isEmpty();

        IntStream.range(0, EventStore.LANES).forEach(this.store::recheck);

        assertThat(mark()).isEqualTo(1);
        assertThat(drain()).containsExactly("key-1");
    }

    @Test
    void truncatedTablesStartAfresh() {
        this.store.save(rows(3, LANE));
        drain();
        advance(2);
        this.database.jdbc().execute("truncate failed_kafka_events restart identity");
        this.store.save(rows(1, LANE));

        this.store.recheck(LANE);

        assertThat(drain()).containsExactly("key-0");
    }

    @Test
    @DisplayName("R7: writers that commit at any moment, a relay that reads, settles and moves on all the time: every"
            + " writer's rows are read in their order")
    void everyWritersOrder() throws Exception {
        int writers = 6;
        int batches = 60;
        AtomicBoolean writing = new AtomicBoolean(true);
        Map<String, Integer> last = new HashMap<>();
        List<String> overtaken = new ArrayList<>();
        List<Long> marks = new ArrayList<>();
        this.store.ping();
        Thread relay = new Thread(() -> {
            boolean more = true;
            while (more) {
                more = writing.get();
                for (String value : drain()) {
                    more = true;
                    String[] parts = value.split("/");
                    int number = Integer.parseInt(parts[1]);
                    if (number != last.merge(parts[0], 1, Integer::sum)) {
                        overtaken.add(value);
                    }
                }
                this.store.advance(this.progress);
                marks.add(mark());
            }
        });
        relay.start();
        Threads.run(writers, number -> {
            try (Connection connection = connection()) {
                for (int batch = 0; batch < batches; batch++) {
                    insert(connection, row(LANE, number + "/" + (2 * batch + 1), NOW));
                    if ((batch + number) % 3 == 0) {
                        connection.createStatement().execute("select pg_sleep(0.0" + (1 + 13 * number) + ")");
                    }
                    insert(connection, row(LANE, number + "/" + (2 * batch + 2), NOW));
                    connection.commit();
                }
            }
        });
        writing.set(false);
        relay.join(TimeUnit.SECONDS.toMillis(30));

        assertThat(overtaken).isEmpty();
        assertThat(last.values()).hasSize(writers).containsOnly(2 * batches);
        assertThat(marks.stream().distinct().count()).as("marks in between").isGreaterThan(10);
    }

    private List<LaneLease> lease() {
        return this.store.lease("w", EventStatus.PENDING, NOW.plusSeconds(60), 16, LEASE);
    }

    private List<String> read(List<LaneLease> leases, Instant dueAt) {
        return values(this.store.read(leases, EventStatus.PENDING, dueAt, 1_000, List.of()));
    }

    /** What the relay does with what it finds. */
    private List<String> drain() {
        List<LaneLease> leases = lease();
        List<StoredEvent> rows = this.store.read(leases, EventStatus.PENDING, NOW, 1_000, List.of());
        settle(leases, rows);
        if (!leases.isEmpty()) {
            this.store.release("w", leases);
        }
        return values(rows);
    }

    private void settle(List<LaneLease> leases, List<StoredEvent> rows) {
        assertThat(this.store.settle("w", leases, rows, NOW, LEASE)).isTrue();
        this.progress.settled(rows);
    }

    private void advance(int steps) {
        IntStream.range(0, steps).forEach(i -> this.store.advance(this.progress));
    }

    private static List<String> values(List<StoredEvent> rows) {
        return rows.stream()
                .map(row -> new String(row.payload(), StandardCharsets.UTF_8))
                .toList();
    }

    private long mark() {
        return this.database
                .jdbc()
                .queryForObject("select drained_to from kafka_lane where lane = ?", Long.class, LANE);
    }

    private long maxId() {
        return this.database.jdbc().queryForObject("select max(id) from failed_kafka_events", Long.class);
    }

    private Connection connection() throws SQLException {
        Connection connection = this.database.newConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    /** Takes an id and does not commit. */
    private static void insert(Connection connection, FailedEvent event) throws SQLException {
        try (var statement = connection.prepareStatement("""
                insert into failed_kafka_events (row_id, event_id, scope, namespace, channel, lane, topic,
                       record_timestamp, payload, headers, event_type, status, failure_kind, next_attempt_at,
                       error_type, created_at, updated_at)
                values (?, ?, ?, 'app', 'default', ?, 'orders', 1, ?, '[]', 'Placed', 'PENDING', 'OUTAGE', ?, 'E', now(),
                       now())""")) {
            statement.setObject(1, event.rowId());
            statement.setObject(2, event.eventId());
            statement.setInt(3, scope(null, "app").number());
            statement.setInt(4, event.lane());
            statement.setBytes(5, event.payload());
            statement.setObject(6, JdbcEventStore.timestamp(event.nextAttemptAt()));
            statement.executeUpdate();
        }
    }
}
