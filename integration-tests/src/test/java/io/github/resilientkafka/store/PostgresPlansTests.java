package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.rows;
import static io.github.resilientkafka.store.StoreDatabase.scope;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.github.resilientkafka.store.DeadLetterRows.Chunk;
import io.github.resilientkafka.store.DeadLetterRows.Selection;
import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What the database has to touch: never the settled rows to find pending ones, never all pending rows to settle a few,
 * however many there are, and even when its statistics are of another time.
 */
class PostgresPlansTests {

    private static final int MANY = 40_000;

    private static final int TOUCHED_AT_MOST = 3_000;

    private final StoreDatabase database = new StoreDatabase(LocalPostgres.shared());

    private HikariDataSource oneConnection;

    private JdbcTemplate jdbc;

    private EventStore store;

    private FailedEvents events;

    private DeadLetterRows deadLetters;

    @AfterEach
    void close() {
        this.oneConnection.close();
        this.database.close();
    }

    @BeforeEach
    void open() {
        this.database.store().ping();
        this.oneConnection = new HikariDataSource();
        this.database.pool().copyStateTo(this.oneConnection);
        this.oneConnection.setPoolName("one");
        this.oneConnection.setMaximumPoolSize(1);
        // What another connection has touched might be counted only later.
        this.jdbc = new JdbcTemplate(this.oneConnection);
        this.jdbc.execute("alter table failed_kafka_events set (autovacuum_enabled = false)");
        JdbcSession session = new JdbcSession(this.oneConnection, () -> {});
        this.store = DatabaseVendor.POSTGRESQL.eventStore(session, scope(null, "app"), true);
        this.events = DatabaseVendor.POSTGRESQL.failedEvents(session, scope(null, "app"));
        this.deadLetters = DatabaseVendor.POSTGRESQL.deadLetterRows(session, scope(null, "app"));
    }

    /** One lane only: nothing but the order asked for keeps the planner from the primary key then. */
    private void settleManyAndAnalyzeBefore() {
        this.store.save(rows(MANY, 7));
        this.jdbc.execute("analyze failed_kafka_events");
        this.jdbc.update("update failed_kafka_events set status = 'RESOLVED', resolved_at = now()");
        this.jdbc.execute("vacuum failed_kafka_events");
        this.store.save(rows(100, 7, 8));
    }

    /** Nothing was pending when statistics were taken: the index of pending rows seems to be the shortest way. */
    private void saveManyAndAnalyzeBefore() {
        this.jdbc.execute("vacuum analyze failed_kafka_events");
        this.store.save(rows(MANY, 7, 8, 9, 10));
    }

    @Test
    void leaseReadAndSettleTouchPendingRowsOnly() {
        settleManyAndAnalyzeBefore();
        long before = touched();
        drain(10);

        assertThat(touched() - before).isLessThan(TOUCHED_AT_MOST);
    }

    @Test
    void leaseReadAndSettleTouchTheirOwnRowsOnly() {
        saveManyAndAnalyzeBefore();
        long before = touched();
        drain(1_000);

        assertThat(touched() - before).as("each row a few times").isLessThan(8 * 1_000 * 6);
    }

    @Test
    void refusedDeadLettersAreFoundWithoutASearch() {
        settleManyAndAnalyzeBefore();
        long before = touched();
        for (int i = 0; i < 8; i++) {
            List<LaneLease> leases = this.store.lease("w", EventStatus.DLQ_FAILED, NOW, 16, LEASE);
            this.store.read(List.of(new LaneLease(7, 1)), EventStatus.DLQ_FAILED, NOW, 10, List.of());
            assertThat(leases).isEmpty();
        }

        assertThat(touched() - before).isLessThan(TOUCHED_AT_MOST);
    }

    @Test
    void statisticsAndPurgeTouchWhatTheyReturnOnly() {
        settleManyAndAnalyzeBefore();
        long before = touched();
        for (int i = 0; i < 8; i++) {
            assertThat(this.events.stats().pending()).isEqualTo(200);
            assertThat(this.events.purgeResolved(NOW.plusSeconds(1), 100L * i, 10))
                    .isEqualTo(new PurgeStep(0, 100L * i + 10, true));
            assertThat(this.events.purgeDeadLetters(NOW, 10)).isZero();
        }

        assertThat(touched() - before).isLessThan(TOUCHED_AT_MOST);
    }

    /** Everything was a dead letter of one topic when statistics were taken: the primary key seems to lead to them. */
    @Test
    void replayTouchesItsOwnChunksOnlyWhateverWasDeadLetteredBefore() {
        this.store.save(rows(MANY, 7));
        deadLetter();
        this.jdbc.execute("analyze failed_kafka_events");
        this.jdbc.update("update failed_kafka_events set status = 'RESOLVED'");
        this.jdbc.execute("vacuum failed_kafka_events");
        this.store.save(rows(500, 7));
        deadLetter();
        Selection orders = new Selection("orders", null, NOW.plusSeconds(1), null);
        long before = touched();

        long after = 0;
        long seen = 0;
        for (int i = 0; i < 8; i++) {
            seen = this.deadLetters.look(orders, seen, 50).lastId();
            Chunk chunk = this.deadLetters.replay(orders, after, 50, 50, NOW);
            assertThat(chunk.replayed()).isEqualTo(50);
            after = chunk.lastId();
        }

        assertThat(touched() - before).as("each row a few times").isLessThan(TOUCHED_AT_MOST);
    }

    @Test
    void oneEventIsFoundByItsIndexEvenWithoutStatistics() {
        this.store.save(rows(MANY, 7));
        UUID eventId = this.jdbc.queryForObject("select event_id from failed_kafka_events where id = 5000", UUID.class);
        long before = touched();
        for (int i = 0; i < 8; i++) {
            assertThat(this.events.findByEventId(eventId)).hasSize(1);
        }

        assertThat(touched() - before).isLessThan(100);
    }

    private void deadLetter() {
        this.jdbc.update("update failed_kafka_events set status = 'DLQ', resolved_at = created_at"
                + " where status = 'PENDING'");
        this.jdbc.update("update kafka_lane set dlq = (select count(*) from failed_kafka_events e"
                + " where e.lane = kafka_lane.lane and status = 'DLQ')");
    }

    /** Eight batches: PostgreSQL turns to a plan that serves any parameters after five. */
    private void drain(int batch) {
        for (int i = 0; i < 8; i++) {
            List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
            List<StoredEvent> rows = this.store.read(leases, EventStatus.PENDING, NOW, batch, List.of(1L, 2L));
            assertThat(rows).hasSize(batch);
            List<StoredEvent> refused = rows.subList(0, batch / 5);
            assertThat(this.store.settle("w", leases, rows.subList(refused.size(), batch), NOW, LEASE))
                    .isTrue();
            assertThat(this.store.settleFailures("w", leases, attempts(refused), NOW, LEASE))
                    .isTrue();
            this.store.release("w", leases);
        }
    }

    private static List<FailedAttempt> attempts(List<StoredEvent> rows) {
        return rows.stream()
                .map(row -> attempt(row, EventStatus.PENDING, EventStatus.DLQ_FAILED))
                .toList();
    }

    /** Rows and index entries that the one session has looked at so far. */
    private long touched() {
        this.jdbc.execute("select pg_stat_force_next_flush()");
        return this.jdbc.queryForObject("""
                select t.seq_tup_read + coalesce(sum(i.idx_tup_read), 0)
                  from pg_stat_user_tables t join pg_stat_user_indexes i on i.relid = t.relid
                 where t.relname = 'failed_kafka_events'
                 group by t.seq_tup_read""", Long.class);
    }
}
