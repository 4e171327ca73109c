package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;

/**
 * The administrative side of the store, on any database: count, look, retry, discard, purge.
 */
abstract class FailedEventsContract<D extends TestDatabase> extends StoreContract<D> {

    FailedEventsContract(D database) {
        super(database);
    }

    @Test
    void retryAndDiscardKeepTheTotals() {
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
    void aRetryNeverMakesAPendingRowDueLater() {
        this.store.save(rows(2, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 2);

        assertThat(this.events.retry(rows.get(0).id(), NOW.plusSeconds(3_600)))
                .as("by a clock that is ahead")
                .isTrue();

        assertThat(ids(read(leases, 2))).as("still before its successor").isEqualTo(ids(rows));
    }

    @Test
    @DisplayName("W5: a row that is retried by hand while it is in flight starts anew, whatever becomes of that send")
    void aRetryWhileTheRowIsInFlightIsKept() {
        this.store.save(rows(3, 1));
        List<LaneLease> leases = lease("w");
        List<FailedAttempt> first = read(leases, 3).stream()
                .map(row -> attempt(row, EventStatus.PENDING, EventStatus.PENDING))
                .toList();
        this.store.settleFailures("w", leases, first, NOW, LEASE);
        Instant later = NOW.plusSeconds(60);
        List<StoredEvent> inFlight = this.store.read(leases, EventStatus.PENDING, later, 3, List.of());

        inFlight.forEach(row ->
                assertThat(this.events.retry(row.id(), later)).as("pending").isTrue());
        List<FailedAttempt> second = List.of(
                attempt(inFlight.get(0), EventStatus.PENDING, EventStatus.PENDING),
                dead(inFlight.get(1)),
                refused(inFlight.get(2)));
        assertThat(this.store.settleFailures("w", leases, second, later, LEASE)).isTrue();

        assertThat(this.store.read(leases, EventStatus.PENDING, later, 3, List.of()))
                .hasSize(3)
                .extracting(StoredEvent::attempts)
                .containsOnly(0);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(3, true, 0, 0, 0, NOW));
    }

    @Test
    void purgeTakesTheOldestOfItsStatusAChunkAtATime() {
        List<StoredEvent> rows = settled();
        long first = rows.get(0).id();

        assertThat(this.events.purgeDeadLetters(NOW, 10)).isZero();
        assertThat(this.events.purgeDeadLetters(NOW.plusSeconds(1), 10)).isEqualTo(2);
        assertThat(this.events.purgeResolved(NOW.plusSeconds(1), 0, 1)).isEqualTo(new PurgeStep(1, first, true));
        assertThat(this.events.purgeResolved(NOW.minusSeconds(1), first, 10).purged())
                .isZero();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 1, 0, 1, NOW));
    }

    @Test
    void totalsAreNeverNegative() {
        settled();
        this.database.execute("update kafka_lane set resolved = 0, dlq = 0, dlq_failed = 0");

        this.events.purgeResolved(NOW.plusSeconds(1), 0, 10);

        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 0, 0, 0, NOW));
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

    @ParameterizedTest
    @NullSource
    @EnumSource(names = {"PENDING", "DLQ_FAILED"})
    @DisplayName("W5: pages go through the rows of all lanes, the newest first, none twice and none left out")
    void pagesOfAllLanesAreNewestFirst(EventStatus status) {
        this.store.save(rows(5, 1, 2, 3));
        this.store.save(rows(4, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 100);
        if (status == EventStatus.DLQ_FAILED) {
            List<FailedAttempt> refused =
                    rows.stream().map(StoreContract::refused).toList();
            assertThat(this.store.settleFailures("w", leases, refused, NOW, LEASE))
                    .isTrue();
        }

        List<Long> seen = new ArrayList<>();
        Long before = null;
        List<FailedEventView> page;
        while (!(page = this.events.page(filter(status), before, 4)).isEmpty()) {
            page.forEach(row -> seen.add(row.id()));
            before = page.get(page.size() - 1).id();
        }

        assertThat(seen)
                .containsExactlyElementsOf(
                        ids(rows).stream().sorted(Comparator.reverseOrder()).toList());
        FailedEvents.Filter oneKey = new FailedEvents.Filter(null, status, null, null, "key-3", null);
        assertThat(this.events.page(oneKey, null, 4))
                .extracting(FailedEventView::id)
                .isSortedAccordingTo(Comparator.reverseOrder())
                .hasSize(2);
        UUID eventId = rows.get(7).eventId();
        FailedEvents.Filter oneEvent = new FailedEvents.Filter(null, status, null, null, null, eventId);
        assertThat(this.events.page(oneEvent, null, 4)).hasSize(1);
        assertThat(this.events.page(oneEvent, rows.get(7).id(), 4)).isEmpty();
        assertThat(this.events.page(new FailedEvents.Filter(null, EventStatus.DLQ, null, null, null, eventId), null, 4))
                .isEmpty();
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
        assertThat(this.events.find(-1)).isEmpty();
    }

    /** Six rows: two resolved, two dead-lettered, one refused there, one pending. */
    private List<StoredEvent> settled() {
        this.store.save(rows(6, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 6);
        this.store.settle("w", leases, rows.subList(0, 2), NOW, LEASE);
        List<FailedAttempt> attempts = List.of(
                dead(rows.get(2)),
                dead(rows.get(3)),
                refused(rows.get(4)),
                attempt(rows.get(5), EventStatus.PENDING, EventStatus.PENDING));
        this.store.settleFailures("w", leases, attempts, NOW, LEASE);
        return rows;
    }
}
