package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.EXPIRED;
import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.row;
import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/**
 * The hot side of the store, on any database: save, lease, read, settle.
 */
abstract class EventStoreContract<D extends TestDatabase> extends StoreContract<D> {

    EventStoreContract(D database) {
        super(database);
    }

    @Test
    void whatIsSavedIsReadBackAsItWas() {
        byte[] payload = {0, 1, (byte) 0xFF};
        FailedEvent saved = row(5, "k", new byte[] {7}, payload, "[]", "Placed", "message", NOW);
        this.store.save(List.of(saved));

        StoredEvent read = read(lease("w"), 10).get(0);

        assertThat(read)
                .usingRecursiveComparison()
                .isEqualTo(new StoredEvent(
                        read.id(),
                        saved.eventId(),
                        5,
                        "orders",
                        3,
                        saved.timestamp(),
                        new byte[] {7},
                        payload,
                        "[]",
                        FailureKind.OUTAGE,
                        0,
                        "java.net.ConnectException",
                        "message",
                        NOW));
    }

    @Test
    void nullsAreKept() {
        FailedEvent tombstone = new FailedEvent(
                UUID.randomUUID(),
                UUID.randomUUID(),
                0,
                "t",
                null,
                1,
                null,
                null,
                null,
                "[]",
                "T",
                FailureKind.TOPIC,
                "E",
                null,
                NOW,
                NOW);
        this.store.save(List.of(tombstone));

        StoredEvent read = read(lease("w"), 10).get(0);

        assertThat(read.key()).isNull();
        assertThat(read.payload()).isNull();
        assertThat(read.partition()).isNull();
        assertThat(read.errorMessage()).isNull();
    }

    @Test
    void savingAgainChangesNothingWhateverBecameOfTheRows() {
        List<FailedEvent> saved = rows(2, 1, 2);
        this.store.saveNew(saved.subList(0, 2));
        List<LaneLease> leases = lease("w");
        this.store.settle("w", leases, read(leases, 10), NOW, LEASE);
        this.store.save(saved);

        assertThat(this.events.stats()).isEqualTo(new RetryStats(2, true, 2, 0, 0, NOW));
    }

    @Test
    void idsAscendInTheOrderGiven() {
        List<FailedEvent> saved = rows(10_000, 9);
        this.store.saveNew(saved);

        assertThat(read(lease("w"), 10_000))
                .extracting(StoredEvent::eventId)
                .containsExactlyElementsOf(
                        saved.stream().map(FailedEvent::eventId).toList());
    }

    @Test
    @DisplayName(
            "W1: who finds no free lane asks for one if others hold lanes with due rows, and is heard for a second")
    void lanesAreAskedFor() {
        this.store.save(rows(1, 1, 2));
        assertThat(this.store.askForLanes("w", NOW)).as("all free").isFalse();
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 64, LEASE);

        assertThat(this.store.askForLanes("w", NOW)).as("its own").isFalse();
        assertThat(this.store.askForLanes("other", NOW.minusSeconds(1)))
                .as("not due")
                .isFalse();
        assertThat(this.store.lanesAreWanted()).isFalse();
        assertThat(this.store.askForLanes("other", NOW)).isTrue();
        assertThat(this.store.lanesAreWanted()).isTrue();

        assertThat(this.store.settle("w", leases, List.of(), NOW, EXPIRED)).isTrue();
        assertThat(this.store.askForLanes("other", NOW)).as("expired").isFalse();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !this.store.lanesAreWanted());
    }

    @Test
    void onlyLanesWithDueRowsAreLeased() {
        this.store.save(List.of(row(1, "due", NOW), row(2, "later", NOW.plusMillis(1))));

        assertThat(lease("w")).containsExactly(new LaneLease(1, 1));
    }

    @Test
    void twoOwnersShareTheLanes() {
        this.store.save(rows(1, 1, 2, 3));

        List<LaneLease> one = this.store.lease("one", EventStatus.PENDING, NOW, 2, LEASE);
        List<LaneLease> two = this.store.lease("two", EventStatus.PENDING, NOW, 2, LEASE);

        assertThat(one).hasSize(2);
        assertThat(two).hasSize(1).doesNotContainAnyElementsOf(one);
        assertThat(lease("three")).isEmpty();
    }

    @Test
    void theLaneServedLongestAgoComesFirst() {
        this.store.save(rows(1, 1, 2));
        this.store.release("w", this.store.lease("w", EventStatus.PENDING, NOW, 1, LEASE));

        assertThat(this.store.lease("w", EventStatus.PENDING, NOW, 1, LEASE)).containsExactly(new LaneLease(2, 1));
    }

    @Test
    void everyLaneGivesItsShareWithoutWhatIsInFlight() {
        this.store.save(rows(10, 1, 2));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> first = read(leases, 7);

        assertThat(first).hasSize(7).filteredOn(row -> row.lane() == 1).hasSize(4);
        assertThat(this.store.read(leases, EventStatus.PENDING, NOW, 4, ids(first)))
                .extracting(StoredEvent::id)
                .doesNotContainAnyElementsOf(ids(first))
                .hasSize(4);
    }

    @Test
    void nothingBeyondTheHighestIdAskedForIsRead() {
        this.store.save(rows(3, 1, 2));
        List<LaneLease> leases = lease("w");
        List<Long> all = ids(read(leases, 6)).stream().sorted().toList();

        assertThat(this.store.read(leases, EventStatus.PENDING, NOW, 6, List.of(), all.get(3)))
                .extracting(StoredEvent::id)
                .containsExactlyInAnyOrderElementsOf(all.subList(0, 4));
    }

    @Test
    void rowsThatAreNotDueDoNotHideThoseThatAre() {
        this.store.save(List.of(row(1, "later", NOW.plusSeconds(60)), row(1, "due", NOW)));

        assertThat(read(lease("w"), 1)).extracting(row -> new String(row.key())).containsExactly("due");
    }

    @Test
    void largeRowsAreReadAFewAtATime() {
        byte[] large = new byte[12_000_000];
        Arrays.fill(large, (byte) 7);
        for (int i = 0; i < 4; i++) {
            this.store.save(List.of(row(1, "k", new byte[1], large, "[]", "T", "m", NOW)));
        }

        assertThat(read(lease("w"), 100)).hasSize(3).allSatisfy(row -> assertThat(row.payload())
                .isEqualTo(large));
    }

    @Test
    void theMoreRowsAreAskedForTheSmallerIsALargeOne() {
        byte[] medium = new byte[3_000];
        Arrays.fill(medium, (byte) 7);
        this.store.save(List.of(
                row(1, "medium", new byte[1], medium, "[]", "T", "m", NOW),
                row(1, "small", new byte[1], new byte[] {8}, "[]", "T", "m", NOW)));

        assertThat(read(lease("w"), 20_000)).extracting(StoredEvent::payload).containsExactly(medium, new byte[] {8});
    }

    @Test
    void settlingResolvesRenewsAndCounts() {
        this.store.save(rows(2, 1, 2));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, EXPIRED);
        assertThat(this.store.stillOwned("w", leases)).isEmpty();

        assertThat(this.store.settle("w", leases, read(leases, 3), NOW, LEASE)).isTrue();

        assertThat(this.store.stillOwned("w", leases)).isEqualTo(leases);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 3, 0, 0, NOW));
    }

    @Test
    void anEmptySettleRenewsOrTellsWhoIsFenced() {
        this.store.save(rows(1, 1, 2));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, EXPIRED);
        assertThat(this.store.settle("w", leases, List.of(), NOW, LEASE)).isTrue();
        assertThat(this.store.stillOwned("w", leases)).isEqualTo(leases);
        assertThat(this.store.settle("w", leases, List.of(), NOW, EXPIRED)).isTrue();

        List<LaneLease> taken = this.store.lease("other", EventStatus.PENDING, NOW, 1, LEASE);

        assertThat(this.store.settle("w", leases, List.of(), NOW, LEASE)).isFalse();
        assertThat(this.store.stillOwned("w", leases)).isEmpty();
        assertThat(this.store.stillOwned("other", taken)).isEqualTo(taken);
    }

    @Test
    void anExpiredLeaseThatNobodyTookIsStillGood() {
        this.store.save(rows(1, 1));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, EXPIRED);

        assertThat(this.store.settle("w", leases, read(leases, 1), NOW, LEASE)).isTrue();
    }

    @Test
    void whoseLaneWasTakenOverChangesNothingAtAll() {
        this.store.save(rows(2, 1, 2));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, EXPIRED);
        List<StoredEvent> rows = read(leases, 10);
        this.store.lease("other", EventStatus.PENDING, NOW, 1, LEASE);

        assertThat(this.store.settle("w", leases, rows, NOW, LEASE)).isFalse();
        assertThat(this.store.settleFailures("w", leases, List.of(dead(rows.get(3))), NOW, LEASE))
                .isFalse();
        this.store.release("w", leases.subList(0, 1));

        assertThat(this.events.stats()).isEqualTo(new RetryStats(4, true, 0, 0, 0, NOW));
        assertThat(this.store.stillOwned("w", leases)).as("not even renewed").isEmpty();
    }

    @Test
    void aStaleEpochOfTheSameOwnerIsFenced() {
        this.store.save(rows(1, 1));
        List<LaneLease> old = this.store.lease("w", EventStatus.PENDING, NOW, 16, EXPIRED);
        List<StoredEvent> rows = read(old, 1);
        List<LaneLease> again = lease("w");

        assertThat(this.store.settle("w", old, rows, NOW, LEASE)).isFalse();
        assertThat(this.store.settle("w", again, rows, NOW, LEASE)).isTrue();
    }

    @Test
    void aRowThatIsGoneIsNotCounted() {
        this.store.save(rows(2, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 2);
        this.events.discard(rows.get(0).id());

        assertThat(this.store.settle("w", leases, rows, NOW, LEASE)).isTrue();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 1, 0, 0, null));
    }

    @Test
    void failuresAreNotedRowByRow() {
        this.store.save(rows(4, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 4);
        String message = "m\u0000" + "x".repeat(5_000);
        FailedAttempt again = new FailedAttempt(
                rows.get(0).id(),
                1,
                EventStatus.PENDING,
                0,
                EventStatus.PENDING,
                1,
                NOW.plusSeconds(60),
                FailureKind.RECORD,
                "E",
                message);
        FailedAttempt mistaken = attempt(rows.get(3), EventStatus.DLQ_FAILED, EventStatus.DLQ);

        assertThat(this.store.settleFailures(
                        "w", leases, List.of(again, dead(rows.get(1)), refused(rows.get(2)), mistaken), NOW, LEASE))
                .isTrue();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(2, true, 0, 1, 1, NOW));
        FailedEventView noted = this.events.find(rows.get(0).id()).orElseThrow();
        assertThat(noted.attempts()).isEqualTo(1);
        assertThat(noted.nextAttemptAt()).isEqualTo(NOW.plusSeconds(60));
        assertThat(noted.failureKind()).isEqualTo(FailureKind.RECORD);
        assertThat(noted.errorMessage()).startsWith("m\uFFFDx").hasSize(2_000);
        FailedEventView dead = this.events.find(rows.get(1).id()).orElseThrow();
        assertThat(dead.resolvedAt()).isEqualTo(NOW);
        assertThat(dead.nextAttemptAt()).isNull();
        assertThat(read(leases, 10))
                .extracting(StoredEvent::id)
                .containsExactly(rows.get(3).id());
    }

    @Test
    void refusedDeadLettersAreLeasedByTheirOwnStatus() {
        Instant later = NOW.plusSeconds(60);
        this.store.save(rows(1, 1));
        List<LaneLease> leases = lease("w");
        this.store.settleFailures("w", leases, List.of(refused(read(leases, 1).get(0))), NOW, LEASE);
        this.store.release("w", leases);
        assertThat(lease("w")).isEmpty();

        List<LaneLease> again = this.store.lease("w", EventStatus.DLQ_FAILED, later, 16, LEASE);
        List<StoredEvent> rows = this.store.read(again, EventStatus.DLQ_FAILED, later, 10, List.of());
        assertThat(rows).hasSize(1);
        FailedAttempt delivered = attempt(rows.get(0), EventStatus.DLQ_FAILED, EventStatus.DLQ);
        assertThat(this.store.settleFailures("w", again, List.of(delivered), NOW, LEASE))
                .isTrue();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 0, 1, 0, null));
    }

    @Test
    void withoutRetentionResolvedRowsAreDeleted() {
        EventStore forgetful = this.database.store("app", false);
        forgetful.save(rows(2, 1));
        List<LaneLease> leases = lease("w");

        assertThat(forgetful.settle("w", leases, read(leases, 1), NOW, LEASE)).isTrue();
        assertThat(forgetful.settle("other", leases, read(leases, 1), NOW, LEASE))
                .isFalse();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 0, 0, 0, NOW));
        assertThat(this.events.page(filter(null), null, 10)).hasSize(1);
    }

    @Test
    void applicationsDoNotSeeEachOthersRows() {
        this.store.save(rows(1, 1));
        long id = read(lease("w"), 1).get(0).id();
        EventStore other = this.database.store("other", true);
        FailedEvents others = this.database.events("other");

        assertThat(other.lease("w", EventStatus.PENDING, NOW, 16, LEASE)).isEmpty();
        assertThat(others.stats().pending()).isZero();
        assertThat(others.page(filter(null), null, 10)).isEmpty();
        assertThat(others.find(id)).isEmpty();
        assertThat(others.retry(id, NOW)).isFalse();
        assertThat(others.discard(id)).isFalse();
    }

    @Test
    @DisplayName("W1: applications whose scopes have the same number do not see each other's rows")
    void scopesWithTheSameNumber() {
        EventStore one = this.database.store("Aa", true);
        EventStore other = this.database.store("BB", true);
        one.save(rows(2, 1));
        other.save(rows(3, 1));

        assertThat(scopesNumber("Aa")).isEqualTo(scopesNumber("BB"));
        for (EventStatus status : List.of(EventStatus.PENDING, EventStatus.DLQ_FAILED)) {
            assertOwnRows(one, "Aa", status, 2);
            assertOwnRows(other, "BB", status, 3);
        }
    }

    private static int scopesNumber(String namespace) {
        return new StoreScope(null, namespace, StoreScope.DEFAULT_CHANNEL).number();
    }

    /** Leaves all of them refused. */
    private void assertOwnRows(EventStore store, String namespace, EventStatus status, int rows) {
        Instant due = NOW.plusSeconds(60);
        List<LaneLease> leases = store.lease("w", status, due, 16, LEASE);
        List<StoredEvent> read = store.read(leases, status, due, 10, List.of());

        assertThat(read).hasSize(rows);
        assertThat(this.database.events(namespace).page(filter(status), null, 10))
                .hasSize(rows);
        RetryStats stats = this.database.events(namespace).stats();
        assertThat((status == EventStatus.PENDING) ? stats.pending() : stats.dlqFailed())
                .isEqualTo(rows);
        List<FailedAttempt> refused = read.stream()
                .map(row -> attempt(row, status, EventStatus.DLQ_FAILED))
                .toList();
        assertThat(store.settleFailures("w", leases, refused, NOW, LEASE)).isTrue();
        store.release("w", leases);
    }

    @Test
    void pingFailsWithoutTheTable() {
        this.store.ping();
        this.database.execute("drop table failed_kafka_events");

        assertThatExceptionOfType(DataAccessException.class).isThrownBy(this.store::ping);
    }
}
