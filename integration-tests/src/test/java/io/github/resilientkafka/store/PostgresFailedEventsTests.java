package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The administrative side of the store on PostgreSQL.
 */
class PostgresFailedEventsTests extends FailedEventsContract<StoreDatabase> {

    PostgresFailedEventsTests() {
        super(new StoreDatabase(LocalPostgres.shared()));
    }

    @Test
    @DisplayName("W7: pending rows are counted exactly up to 10,000, beyond that they are estimated")
    void statistics() {
        this.store.save(rows(100, lanes(100)));
        assertThat(this.events.stats()).isEqualTo(new RetryStats(10_000, true, 0, 0, 0, NOW));

        this.store.save(rows(500, lanes(64)));

        RetryStats estimated = this.events.stats();
        assertThat(estimated.pendingExact()).isFalse();
        assertThat(estimated.pending()).isCloseTo(42_000, within(8_000L));
        assertThat(estimated.oldestPending()).isEqualTo(NOW);
    }

    @Test
    void whatOthersHavePendingIsNotEstimatedAsOurs() {
        this.store.save(rows(200, lanes(64)));
        this.database.store("other", true).save(rows(800, lanes(64)));

        assertThat(this.events.stats().pending()).isCloseTo(12_800, within(3_000L));
        assertThat(this.database.events("other").stats().pending()).isCloseTo(51_200, within(8_000L));
    }

    @Test
    @DisplayName(
            "purge: acknowledged rows in the order of their ids, as far as rows are old enough; nothing that waits,"
                    + " was acknowledged later, or is another application's")
    void purgeWalksAlongTheIds() {
        this.store.save(rows(10, 1));
        this.database.jdbc().update("""
                update failed_kafka_events
                   set status = case when id in (2, 3) then 'PENDING' when id = 4 then 'DLQ_FAILED' else 'RESOLVED' end,
                       namespace = case id when 5 then 'other' else namespace end,
                       created_at = created_at + case when id in (9, 10) then interval '1 hour' else interval '0' end,
                       resolved_at = created_at + case when id in (6, 9, 10) then interval '1 hour' else interval '0' end""");
        Instant before = NOW.plusSeconds(60);

        assertThat(this.events.purgeResolved(before, 0, 3)).isEqualTo(new PurgeStep(1, 3, true));
        assertThat(this.events.purgeResolved(before, 3, 3)).isEqualTo(new PurgeStep(0, 6, true));
        assertThat(this.events.purgeResolved(before, 6, 3)).isEqualTo(new PurgeStep(2, 8, true));
        assertThat(this.events.purgeResolved(before, 8, 2))
                .as("9 and 10 are too young")
                .isEqualTo(new PurgeStep(0, 8, false));
        assertThat(this.database.jdbc().queryForList("select id from failed_kafka_events order by id", Integer.class))
                .containsExactly(2, 3, 4, 5, 6, 9, 10);
    }

    @Test
    @Timeout(60)
    void whateverHappensAtOnceTheTotalsAreRightAndNothingLocks() throws Exception {
        this.store.save(rows(30, lanes(64)));
        Threads.run(6, number -> {
            if (number < 3) {
                drain("worker-" + number);
            } else {
                meddle();
            }
        });

        Map<String, Object> counted = this.database.jdbc().queryForMap("""
                        select count(*) filter (where status = 'PENDING') as pending,
                               count(*) filter (where status = 'RESOLVED') as resolved,
                               count(*) filter (where status = 'DLQ') as dlq,
                               count(*) filter (where status = 'DLQ_FAILED') as dlq_failed
                          from failed_kafka_events""");
        RetryStats stats = this.events.stats();
        assertThat(Map.of(
                        "pending", stats.pending(),
                        "resolved", stats.resolved(),
                        "dlq", stats.dlq(),
                        "dlq_failed", stats.dlqFailed()))
                .isEqualTo(counted);
    }

    private void drain(String owner) {
        for (int pass = 0; pass < 40; pass++) {
            EventStatus status = pass % 4 == 3 ? EventStatus.DLQ_FAILED : EventStatus.PENDING;
            List<LaneLease> leases = this.store.lease(owner, status, NOW.plusSeconds(120), 16, LEASE);
            List<StoredEvent> rows = this.store.read(leases, status, NOW.plusSeconds(120), 60, List.of());
            if (pass % 3 == 0 && status == EventStatus.PENDING) {
                assertThat(this.store.settle(owner, leases, rows, NOW, LEASE)).isTrue();
            } else {
                List<FailedAttempt> attempts = rows.stream()
                        .map(row -> attempt(row, status, row.id() % 2 == 0 ? EventStatus.DLQ : EventStatus.DLQ_FAILED))
                        .toList();
                assertThat(this.store.settleFailures(owner, leases, attempts, NOW, LEASE))
                        .isTrue();
            }
            this.store.release(owner, leases);
        }
    }

    private void meddle() {
        for (int i = 0; i < 150; i++) {
            long id = ThreadLocalRandom.current().nextLong(1, 30 * 64);
            this.events.retry(id, NOW);
            this.events.discard(ThreadLocalRandom.current().nextLong(1, 30 * 64));
            if (i % 5 == 0) {
                Instant before = NOW.plusSeconds(1);
                int purged = i % 2 == 0
                        ? this.events.purgeResolved(before, 0, 70).purged()
                        : this.events.purgeDeadLetters(before, 7);
                assertThat(purged).isBetween(0, 70);
            }
        }
    }

    private static int[] lanes(int lanes) {
        int[] all = new int[lanes];
        Arrays.setAll(all, lane -> lane % EventStore.LANES);
        return all;
    }
}
