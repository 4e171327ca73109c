package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.rows;
import static io.github.resilientkafka.store.StoreDatabase.scope;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import io.github.resilientkafka.store.RecordedPlans.Plan;
import io.github.resilientkafka.testing.LocalPostgres;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Millions of rows: a long outage first, then nearly all of it settled beside a session that has stayed idle in its
 * transaction since, so that no index entry of a settled row can be removed. Every statement of the store is explained by
 * PostgreSQL while it is carried out, with plans for given and for any parameters. W1, W5.
 * <p>
 * One million rows; {@code -Pten-million} makes it ten, nine of them settled long ago.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ManyRowsTests {

    private static final int ROWS = Integer.getInteger("resilient-kafka.test.rows", 1_000_000);

    private static final int OUTAGE = 1_000_000;

    private static final int STILL_PENDING = 100_000;

    private static final int STEP = 50_000;

    private static final int BATCH = 1_000;

    /** For each row: its place in the table and in each index, three pages deep, old and new. */
    private static final long PAGES_PER_BATCH = 20 * BATCH;

    private static final String GENERIC = "force_generic_plan";

    private static final String CUSTOM = "force_custom_plan";

    private static final Set<String> INDEXES = Set.of(
            "failed_kafka_events_pkey",
            "failed_kafka_events_event",
            "failed_kafka_events_pending",
            "failed_kafka_events_dlq_failed",
            "failed_kafka_events_dead_letters",
            "failed_kafka_events_dead_letter_age");

    private static final StoreScope SCOPE = scope(null, "app");

    private final StoreDatabase database = new StoreDatabase(LocalPostgres.shared());

    private final JdbcTemplate jdbc = this.database.jdbc();

    /** The worker's, which goes on from one drain to the next. */
    private final DrainProgress progress = new DrainProgress(Duration.ZERO);

    private Connection idle;

    @BeforeAll
    void load() throws Exception {
        this.database.store().ping();
        this.idle = this.database.newConnection();
        long start = System.nanoTime();
        this.jdbc.execute("alter table failed_kafka_events set (autovacuum_enabled = false)");
        insert(ROWS - OUTAGE, "RESOLVED");
        insert(OUTAGE, "PENDING");
        this.jdbc.update("update kafka_lane set resolved = ?", (ROWS - OUTAGE) / EventStore.LANES);
        this.jdbc.execute("vacuum analyze failed_kafka_events");
        report("%,d rows loaded in %d ms", ROWS, millis(start));
    }

    @AfterAll
    void close() throws Exception {
        this.idle.close();
        this.database.close();
    }

    private void insert(int rows, String status) {
        this.jdbc.update("""
                insert into failed_kafka_events (row_id, event_id, scope, namespace, channel, lane, topic,
                       record_timestamp, record_key, key_text, payload, headers, event_type, status, failure_kind,
                       next_attempt_at, error_type, created_at, updated_at, resolved_at)
                select lpad(to_hex(m + i), 32, '0')::uuid, lpad(to_hex(m + i), 32, '0')::uuid, ?, 'app', 'default',
                       (i * 7919::bigint) % 64, 'orders', 1, '\\x01', 'key', '\\x0123456789abcdef', '[]', 'Placed', s,
                       'OUTAGE', t, 'E', t, t, case s when 'RESOLVED' then t + i * interval '1 millisecond' end
                  from generate_series(1, ?) i,
                       (select coalesce(max(id), 0) as m from failed_kafka_events) m,
                       (select ?::text as s, timestamptz '2026-01-01' as t) c""", SCOPE.number(), rows, status);
    }

    @Test
    @Order(1)
    @DisplayName("W5: a million rows pending: statistics within 100 ms")
    void statisticsOfALongOutage() {
        RetryStats stats = statistics();

        assertThat(stats.pendingExact()).isFalse();
        assertThat(stats.pending()).isBetween(OUTAGE / 2L, OUTAGE * 2L);
    }

    @Order(2)
    @ParameterizedTest
    @ValueSource(strings = {GENERIC, CUSTOM})
    @DisplayName(
            "W1: a million rows pending: lease, read and settle stay on their indexes and touch their own rows only")
    void longOutage(String mode) throws Exception {
        try (RecordedPlans plans = new RecordedPlans(this.database.pool(), mode)) {
            drain(plans, 5);
        }
    }

    /** Not analyzed afterwards: the statistics are those of the outage. */
    @Test
    @Order(3)
    void nearlyAllIsSettledBesideAnOldSnapshot() throws Exception {
        this.idle.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        this.idle.setAutoCommit(false);
        this.idle.createStatement().executeQuery("select count(*) from kafka_lane");
        long start = System.nanoTime();
        EventStore store = this.database.store();
        DrainProgress progress = new DrainProgress(Duration.ZERO);
        for (long id = ROWS - OUTAGE + STEP; id <= ROWS - STILL_PENDING; id += STEP) {
            int settled = this.jdbc.update("""
                    update failed_kafka_events set status = 'RESOLVED', resolved_at = now()
                     where id > ? and id <= ? and status = 'PENDING'""", id - STEP, id);
            this.jdbc.update("update kafka_lane set resolved = resolved + ?", settled / EventStore.LANES);
            for (int lane = 0; lane < EventStore.LANES; lane++) {
                progress.settled(lane, id);
            }
            store.advance(progress);
            store.advance(progress);
        }
        report("settled beside an old snapshot in %d ms", millis(start));

        assertThat(this.jdbc.queryForList("select distinct drained_to from kafka_lane", Long.class))
                .containsExactly((long) ROWS - STILL_PENDING);
    }

    @Test
    @Order(4)
    @DisplayName(
            "W5: nearly all of it settled beside a session that is idle in a transaction: statistics within 100 ms")
    void statisticsBesideAnOldSnapshot() {
        RetryStats stats = statistics();

        assertThat(stats.resolved()).isGreaterThan(ROWS - 2L * STILL_PENDING);
    }

    @Order(5)
    @ParameterizedTest
    @ValueSource(strings = {GENERIC, CUSTOM})
    @DisplayName("W1: ... lease, read, settle and their marks stay on indexes and touch their own rows only")
    void drainBesideAnOldSnapshot(String mode) throws Exception {
        try (RecordedPlans plans = new RecordedPlans(this.database.pool(), mode)) {
            drain(plans, 10);
        }
    }

    @Order(6)
    @ParameterizedTest
    @ValueSource(strings = {GENERIC, CUSTOM})
    @DisplayName("W5: ... so do purge, statistics, and what an operator does to single rows")
    void administrationBesideAnOldSnapshot(String mode) throws Exception {
        try (RecordedPlans plans = new RecordedPlans(this.database.pool(), mode)) {
            FailedEvents events = DatabaseVendor.POSTGRESQL.failedEvents(session(plans), SCOPE);
            EventStore store = this.database.store();
            List<LaneLease> leases = store.lease("w", EventStatus.PENDING, NOW, 4, LEASE);
            List<StoredEvent> rows = store.read(leases, EventStatus.PENDING, NOW, 12, List.of());
            List<FailedAttempt> dead = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                dead.add(attempt(
                        rows.get(i), EventStatus.PENDING, (i % 2 == 0) ? EventStatus.DLQ : EventStatus.DLQ_FAILED));
            }
            assertThat(store.settleFailures("w", leases, dead, NOW, LEASE)).isTrue();
            store.release("w", leases);

            events.stats();
            check(plans, "stats", 30_000);
            assertThat(events.find(rows.get(0).id())).isPresent();
            check(plans, "find", 20);
            assertThat(page(events, null)).hasSize(50);
            check(plans, "page", 500);
            assertThat(events.page(
                            new FailedEvents.Filter(
                                    null, null, null, null, null, rows.get(0).eventId()),
                            null,
                            50))
                    .hasSize(1);
            check(plans, "page of one event id", 50);
            // At most about a page for each row that is shown, of each of the 64 lanes; about 4,000 were seen.
            List<FailedEventView> pending = page(events, EventStatus.PENDING);
            assertThat(pending).hasSize(50);
            check(plans, "page of pending rows", 6_000);
            long late = pending.get(0).id() - 50_000;
            assertThat(page(events, EventStatus.PENDING, late)).hasSize(50).allMatch(row -> row.id() < late);
            check(plans, "page of pending rows far behind the newest", 6_000);
            assertThat(events.page(
                            new FailedEvents.Filter(
                                    null,
                                    EventStatus.PENDING,
                                    null,
                                    null,
                                    null,
                                    pending.get(0).eventId()),
                            null,
                            50))
                    .hasSize(1);
            check(plans, "page of one event id, if it is pending", 50);
            this.database.store("another", true).ping();
            FailedEvents others = DatabaseVendor.POSTGRESQL.failedEvents(session(plans), scope(null, "another"));
            assertThat(page(others, EventStatus.PENDING)).isEmpty();
            assertThat(page(others, EventStatus.DLQ_FAILED)).isEmpty();
            // Two pages, each of which looks into 64 lanes.
            check(plans, "pages of another one's rows", 1_000);
            assertThat(page(events, EventStatus.DLQ)).isNotEmpty();
            check(plans, "page of dead letters", 1_000);
            assertThat(page(events, EventStatus.DLQ_FAILED)).isNotEmpty();
            // 64 searches, beside the dead versions of the lanes that the old snapshot keeps.
            check(plans, "page of refused dead letters", 3_000);
            assertThat(events.retry(rows.get(0).id(), NOW)).isTrue();
            assertThat(events.retry(rows.get(1).id(), NOW)).isTrue();
            check(plans, "retry", 200);
            assertThat(events.discard(rows.get(2).id())).isTrue();
            assertThat(events.discard(rows.get(3).id())).isTrue();
            check(plans, "discard", 200);
            PurgeStep step = events.purgeResolved(Instant.now(), ROWS - OUTAGE, BATCH);
            assertThat(step.purged()).isGreaterThan(BATCH / 2);
            assertThat(step.more()).isTrue();
            check(plans, "purge", PAGES_PER_BATCH);
            assertThat(events.purgeResolved(Instant.EPOCH, step.lastId(), BATCH))
                    .isEqualTo(new PurgeStep(0, step.lastId(), false));
            check(plans, "purge of nothing", BATCH);
            assertThat(events.purgeDeadLetters(Instant.now(), BATCH)).isPositive();
            check(plans, "purge of dead letters", 1_000);
            assertThat(events.purgeDeadLetters(NOW.minusSeconds(1), BATCH)).isZero();
            check(plans, "purge of no dead letters", 100);
        }
    }

    private static List<FailedEventView> page(FailedEvents events, EventStatus status) {
        return page(events, status, null);
    }

    private static List<FailedEventView> page(FailedEvents events, EventStatus status, Long before) {
        return events.page(new FailedEvents.Filter(null, status, null, null, null, null), before, 50);
    }

    /** What a worker does, and every statement of it on an index, the last batch as cheap as the first. */
    private void drain(RecordedPlans plans, int batches) {
        EventStore store = DatabaseVendor.POSTGRESQL.eventStore(session(plans), SCOPE, true);
        store.save(rows(BATCH / 2, 1, 2));
        check(plans, "save", PAGES_PER_BATCH);
        for (int i = 0; i < batches; i++) {
            List<LaneLease> leases = store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
            check(plans, "lease", 3_000);
            assertThat(leases).hasSize(16);
            List<StoredEvent> rows = store.read(leases, EventStatus.PENDING, NOW, BATCH, List.of(1L, 2L));
            check(plans, "read", 3 * BATCH);
            assertThat(rows).hasSize(BATCH);
            assertThat(store.settle("w", leases, rows.subList(100, BATCH), NOW, LEASE))
                    .isTrue();
            check(plans, "settle", PAGES_PER_BATCH);
            List<FailedAttempt> failed = rows.subList(0, 100).stream()
                    .map(row -> attempt(row, EventStatus.PENDING, EventStatus.RESOLVED))
                    .toList();
            assertThat(store.settleFailures("w", leases, failed, NOW, LEASE)).isTrue();
            check(plans, "settle failures", PAGES_PER_BATCH / 5);
            this.progress.settled(rows);
            store.advance(this.progress);
            check(plans, "advance", 6 * BATCH);
            assertThat(store.stillOwned("w", leases)).hasSize(16);
            store.release("w", leases);
            check(plans, "release", 3_000);
        }
        assertThat(store.lease("w", EventStatus.DLQ_FAILED, NOW, 16, LEASE)).isEmpty();
        check(plans, "lease of refused dead letters", 3_000);
    }

    private static JdbcSession session(RecordedPlans plans) {
        return new JdbcSession(plans, () -> {});
    }

    private static void check(RecordedPlans plans, String what, long pages) {
        List<Plan> taken = plans.take();
        assertThat(taken).as(what).isNotEmpty();
        for (Plan plan : taken) {
            assertThat(ways(plan)).as(what + ": " + plan).isSubsetOf(INDEXES);
        }
        long touched = taken.stream().mapToLong(Plan::pages).sum();
        report(
                "%-28s %6d pages %s",
                what,
                touched,
                new TreeSet<>(taken.stream().flatMap(p -> ways(p).stream()).toList()));
        assertThat(touched).as(what + ", pages touched: " + taken).isLessThanOrEqualTo(pages);
    }

    private static Set<String> ways(Plan plan) {
        Set<String> ways = plan.ways("failed_kafka_events");
        ways.remove("Sample Scan");
        return ways;
    }

    /** The proof is the pages touched, see above; the time is what users were promised. */
    private RetryStats statistics() {
        FailedEvents events = this.database.events();
        RetryStats stats = events.stats();
        long[] micros = new long[9];
        for (int i = 0; i < micros.length; i++) {
            long start = System.nanoTime();
            stats = events.stats();
            micros[i] = (System.nanoTime() - start) / 1_000;
        }
        Arrays.sort(micros);
        report(
                "statistics %s in %.1f ms (median; %.1f to %.1f)",
                stats, micros[4] / 1e3, micros[0] / 1e3, micros[8] / 1e3);
        assertThat(Duration.ofNanos(micros[4] * 1_000)).as("median").isLessThan(Duration.ofMillis(100));
        return stats;
    }

    private static long millis(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }

    private static void report(String format, Object... arguments) {
        System.out.printf("REPORT " + format + "%n", arguments);
    }
}
