package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.StoreDatabase.LEASE;
import static io.github.resilientkafka.store.StoreDatabase.NOW;
import static io.github.resilientkafka.store.StoreDatabase.attempt;
import static io.github.resilientkafka.store.StoreDatabase.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The administrative side of the store on PostgreSQL: count, look, retry, discard, purge.
 */
class PostgresFailedEventsTests {

    private final StoreDatabase database = new StoreDatabase(LocalPostgres.shared());

    private final EventStore store = this.database.store();

    private final FailedEvents events = this.database.events();

    @AfterEach
    void close() {
        this.database.close();
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
    void retryDiscardAndPurgeKeepTheTotals() {
        List<StoredEvent> rows = settled();
        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 2, 2, 1, NOW));

        assertThat(this.events.retry(rows.get(2).id(), NOW)).as("dead-lettered").isTrue();
        assertThat(this.events.retry(rows.get(5).id(), NOW)).as("pending").isTrue();
        assertThat(this.events.retry(rows.get(0).id(), NOW)).as("resolved").isFalse();
        assertThat(this.events.discard(rows.get(4).id())).as("refused").isTrue();
        assertThat(this.events.discard(rows.get(1).id())).as("resolved").isFalse();
        assertThat(this.events.discard(-1)).as("unknown").isFalse();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(2, true, 2, 1, 0, NOW));
        FailedEventView retried = this.events.find(rows.get(2).id()).orElseThrow();
        assertThat(retried.attempts()).isZero();
        assertThat(retried.nextAttemptAt()).isEqualTo(NOW);
        assertThat(retried.resolvedAt()).isNull();
    }

    @Test
    void purgeTakesTheOldestOfItsStatusAChunkAtATime() {
        settled();

        assertThat(this.events.purgeDeadLetters(NOW, 10)).isZero();
        assertThat(this.events.purgeDeadLetters(NOW.plusSeconds(1), 10)).isEqualTo(2);
        assertThat(this.events.purgeResolved(NOW.plusSeconds(1), 0, 1)).isEqualTo(new PurgeStep(1, 1, true));

        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 1, 0, 1, NOW));
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
    void totalsAreNeverNegative() {
        settled();
        this.database.jdbc().update("update kafka_lane set resolved = 0, dlq = 0, dlq_failed = 0");

        this.events.purgeResolved(NOW.plusSeconds(1), 0, 10);

        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 0, 0, 0, NOW));
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

    @Test
    void pagesAreNewestFirstAndFiltered() {
        this.store.save(rows(5, 1));
        List<FailedEventView> first = this.events.page(filter(null), null, 2);
        List<FailedEventView> second =
                this.events.page(filter(null), first.get(1).id(), 10);

        assertThat(Stream.concat(first.stream(), second.stream()))
                .extracting(FailedEventView::keyText)
                .containsExactly("key-4", "key-3", "key-2", "key-1", "key-0");
        assertThat(this.events.page(filter(EventStatus.DLQ), null, 10)).isEmpty();
        FailedEvents.Filter everything = new FailedEvents.Filter(
                "orders",
                EventStatus.PENDING,
                NOW.plusMillis(1),
                NOW,
                "key-3",
                first.get(1).eventId());
        assertThat(this.events.page(everything, null, 10)).hasSize(1);
    }

    @Test
    void onlyOneRowIsShownWithItsPayload() {
        this.store.save(rows(1, 1));
        FailedEventView listed = this.events.page(filter(null), null, 1).get(0);

        assertThat(listed.payload()).isNull();
        assertThat(listed.payloadBytes()).isEqualTo(5);
        assertThat(this.events.find(listed.id()).orElseThrow().payload())
                .asString()
                .isEqualTo("key-0");
    }

    /** Six rows: two resolved, two dead-lettered, one refused there, one pending. */
    private List<StoredEvent> settled() {
        this.store.save(rows(6, 1));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
        List<StoredEvent> rows = this.store.read(leases, EventStatus.PENDING, NOW, 6, List.of());
        this.store.settle("w", leases, rows.subList(0, 2), NOW, LEASE);
        List<FailedAttempt> attempts = List.of(
                attempt(rows.get(2), EventStatus.PENDING, EventStatus.DLQ),
                attempt(rows.get(3), EventStatus.PENDING, EventStatus.DLQ),
                attempt(rows.get(4), EventStatus.PENDING, EventStatus.DLQ_FAILED),
                attempt(rows.get(5), EventStatus.PENDING, EventStatus.PENDING));
        this.store.settleFailures("w", leases, attempts, NOW, LEASE);
        return rows;
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

    private static FailedEvents.Filter filter(EventStatus status) {
        return new FailedEvents.Filter(null, status, null, null, null, null);
    }
}
