package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.StoreDatabase.EXPIRED;
import static io.github.resilientkafka.store.StoreDatabase.LEASE;
import static io.github.resilientkafka.store.StoreDatabase.NOW;
import static io.github.resilientkafka.store.StoreDatabase.attempt;
import static io.github.resilientkafka.store.StoreDatabase.row;
import static io.github.resilientkafka.store.StoreDatabase.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;

/**
 * The hot side of the store on PostgreSQL: save, lease, read, settle.
 */
class PostgresEventStoreTests {

    private final StoreDatabase database = new StoreDatabase(LocalPostgres.shared());

    private final EventStore store = this.database.store();

    private final FailedEvents events = this.database.events();

    @AfterEach
    void close() {
        this.database.close();
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
    void nothingThatUsersSendMakesAnInsertFail() {
        byte[] notUtf8 = {(byte) 0xC3, 0x28, 0, (byte) 0xFF};
        String nasty = "a\u0000b\uD800c\uD83D\uDE00{},\"\\'" + "\u20AC".repeat(100_000);
        String headers = HeaderCodec.encode(List.of(
                new RecordHeader("a\u0000\uDC00", nasty.getBytes(StandardCharsets.UTF_8)),
                new RecordHeader("binary", notUtf8)));
        this.store.save(List.of(
                row(1, nasty, notUtf8, notUtf8, headers, nasty, nasty, NOW),
                row(1, "", new byte[0], new byte[0], "[]", "", "", NOW)));

        List<StoredEvent> read = read(lease("w"), 10);

        assertThat(read).hasSize(2);
        assertThat(read.get(0).payload()).isEqualTo(notUtf8);
        assertThat(read.get(0).key()).isEqualTo(notUtf8);
        List<Header> decoded = HeaderCodec.decode(read.get(0).headers());
        assertThat(decoded).extracting(Header::key).containsExactly("a\u0000\uDC00", "binary");
        assertThat(decoded.get(0).value()).isEqualTo(nasty.getBytes(StandardCharsets.UTF_8));
        assertThat(this.events.find(read.get(0).id()).orElseThrow().keyText())
                .startsWith("a\uFFFDb\uFFFDc\uD83D\uDE00")
                .hasSizeLessThanOrEqualTo(512);
    }

    @Test
    void aDatabaseThatIsNotInUtf8TakesEveryEvent() {
        LocalPostgres postgres = LocalPostgres.shared();
        String name = TestApplication.unique("latin");
        this.database.jdbc().execute("create database " + name + " encoding 'LATIN1' template template0");
        try (StoreDatabase latin = new StoreDatabase(postgres, postgres.jdbcUrl(name), postgres.username())) {
            EventStore store = latin.store();
            byte[] value = "\u00E4\u20AC\uD83D\uDE00".getBytes(StandardCharsets.UTF_8);
            String headers = HeaderCodec.encode(List.of(new RecordHeader("price\u20AC", value)));
            store.save(List.of(row(1, "key\u20AC", value, value, headers, "T\u20AC", "m\u20AC", NOW)));
            List<LaneLease> leases = store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
            StoredEvent read =
                    store.read(leases, EventStatus.PENDING, NOW, 10, List.of()).get(0);
            FailedAttempt refused = new FailedAttempt(
                    read.id(),
                    1,
                    EventStatus.PENDING,
                    EventStatus.DLQ,
                    1,
                    NOW,
                    FailureKind.RECORD,
                    "E\u20AC",
                    "\u20AC");

            assertThat(store.settleFailures("w", leases, List.of(refused), NOW, LEASE))
                    .isTrue();

            Header header = HeaderCodec.decode(read.headers()).get(0);
            assertThat(header.key()).isEqualTo("price\u20AC");
            assertThat(header.value()).isEqualTo(value);
            assertThat(latin.events().find(read.id()).orElseThrow().keyText()).isEqualTo("key?");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "preferQueryMode=simple", "prepareThreshold=1", "prepareThreshold=0", "stringtype=unspecified",
                "binaryTransfer=false", "defaultRowFetchSize=3", "reWriteBatchedInserts=true", "autosave=always",
                "socketTimeout=5", "targetServerType=primary"
            })
    void whateverTheUrlSaysItWorks(String flag) {
        LocalPostgres postgres = LocalPostgres.shared();
        String url = postgres.createDatabase(TestApplication.unique("flags")) + "?" + flag;
        try (StoreDatabase flagged = new StoreDatabase(postgres, url, postgres.username())) {
            EventStore store = flagged.store();
            store.save(
                    List.of(row(1, "k'\\", new byte[] {1, 0, -1}, new byte[] {'\'', '\\', 0}, "[]", "T?", "m", NOW)));
            store.save(rows(20, 1));
            List<LaneLease> leases = store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
            List<StoredEvent> rows = store.read(leases, EventStatus.PENDING, NOW, 10, List.of(-1L));

            assertThat(rows.get(0).payload()).containsExactly('\'', '\\', 0);
            assertThat(store.settle("w", leases, rows.subList(0, 9), NOW, LEASE))
                    .isTrue();
            assertThat(store.settleFailures("w", leases, List.of(dead(rows.get(9))), NOW, LEASE))
                    .isTrue();
            assertThat(store.stillOwned("w", leases)).isEqualTo(leases);
            store.release("w", leases);
            assertThat(flagged.events()
                            .page(
                                    new FailedEvents.Filter("orders", null, NOW.plusSeconds(1), null, null, null),
                                    1_000L,
                                    100))
                    .hasSize(21);
            assertThat(flagged.events().retry(rows.get(9).id(), NOW)).isTrue();
            assertThat(flagged.events().purgeResolved(NOW.plusSeconds(1), 0, 5).purged())
                    .isEqualTo(5);
            assertThat(flagged.events().stats()).isEqualTo(new RetryStats(12, true, 4, 0, 0, NOW));
        }
    }

    @Test
    void savingAgainChangesNothingWhateverBecameOfTheRows() {
        List<FailedEvent> saved = rows(2, 1, 2);
        this.store.save(saved.subList(0, 2));
        List<LaneLease> leases = lease("w");
        this.store.settle("w", leases, read(leases, 10), NOW, LEASE);
        this.store.save(saved);

        assertThat(this.events.stats()).isEqualTo(new RetryStats(2, true, 2, 0, 0, NOW));
    }

    @Test
    void idsAscendInTheOrderGiven() {
        List<FailedEvent> saved = rows(10_000, 9);
        this.store.save(saved);

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
    void theLaneServedLongestAgoComesFirst() {
        this.store.save(rows(1, 1, 2));
        this.store.release("w", this.store.lease("w", EventStatus.PENDING, NOW, 1, LEASE));

        assertThat(this.store.lease("w", EventStatus.PENDING, NOW, 1, LEASE)).containsExactly(new LaneLease(2, 1));
    }

    @Test
    void aLeaseTakesNoLongerForAnotherThatIsUnderWay() throws Exception {
        this.store.save(rows(1, 1, 2));
        try (var connection = this.database.pool().getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("select * from kafka_lane where lane = 1 for update");

            assertThat(lease("w")).containsExactly(new LaneLease(2, 1));
            connection.rollback();
        }
    }

    @Test
    void manyOwnersSettleEveryRowOnce() throws Exception {
        int[] lanes = new int[EventStore.LANES];
        Arrays.setAll(lanes, lane -> lane);
        this.store.save(rows(100, lanes));
        Set<Long> settled = ConcurrentHashMap.newKeySet();
        List<Long> twice = Collections.synchronizedList(new ArrayList<>());
        Threads.run(4, number -> {
            String owner = "worker-" + number;
            for (List<LaneLease> leases = lease(owner); !leases.isEmpty(); leases = lease(owner)) {
                for (List<StoredEvent> rows = read(leases, 500); !rows.isEmpty(); rows = read(leases, 500)) {
                    assertThat(this.store.settle(owner, leases, rows, NOW, LEASE))
                            .isTrue();
                    rows.stream()
                            .map(StoredEvent::id)
                            .filter(id -> !settled.add(id))
                            .forEach(twice::add);
                }
                this.store.release(owner, leases);
            }
        });

        assertThat(twice).isEmpty();
        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 6_400, 0, 0, null));
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
    void aSettleThatWaitsForATakeoverIsFenced() throws Exception {
        this.store.save(rows(1, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 1);
        List<Boolean> settled = Collections.synchronizedList(new ArrayList<>());
        try (var connection = this.database.pool().getConnection()) {
            connection.setAutoCommit(false);
            connection
                    .createStatement()
                    .execute("update kafka_lane set owner = 'other', epoch = epoch + 1 where lane = 1");
            Thread settling = new Thread(() -> settled.add(this.store.settle("w", leases, rows, NOW, LEASE)));
            settling.start();
            Threads.awaitLockedBackend(this.database.jdbc());
            connection.commit();
            settling.join();
        }

        assertThat(settled).containsExactly(false);
        assertThat(this.events.stats().pending()).isEqualTo(1);
    }

    @Test
    void aSettleThatWaitsForSomebodyWhoTouchesTheLaneCountsItsRows() throws Exception {
        this.store.save(rows(3, 1, 2));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 6);
        List<Boolean> settled = Collections.synchronizedList(new ArrayList<>());
        try (var connection = this.database.pool().getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("update kafka_lane set wanted_at = now() where lane = 1");
            Thread settling = new Thread(() -> settled.add(this.store.settle("w", leases, rows, NOW, LEASE)));
            settling.start();
            Threads.awaitLockedBackend(this.database.jdbc());
            connection.commit();
            settling.join();
        }

        assertThat(settled).containsExactly(true);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 6, 0, 0, null));
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
        assertThat(this.database.jdbc().queryForObject("select count(*) from failed_kafka_events", Long.class))
                .isEqualTo(1);
    }

    @Test
    void applicationsDoNotSeeEachOthersRows() {
        this.store.save(rows(1, 1));
        long id = read(lease("w"), 1).get(0).id();
        EventStore other = this.database.store("other", true);
        FailedEvents others = this.database.events("other");

        assertThat(other.lease("w", EventStatus.PENDING, NOW, 16, LEASE)).isEmpty();
        assertThat(others.stats().pending()).isZero();
        assertThat(others.find(id)).isEmpty();
        assertThat(others.retry(id, NOW)).isFalse();
        assertThat(others.discard(id)).isFalse();
    }

    @Test
    void pingFailsWithoutTheTable() {
        this.store.ping();
        this.database.jdbc().execute("drop table failed_kafka_events");

        assertThatExceptionOfType(DataAccessException.class).isThrownBy(this.store::ping);
    }

    private List<LaneLease> lease(String owner) {
        return this.store.lease(owner, EventStatus.PENDING, NOW, 16, LEASE);
    }

    private List<StoredEvent> read(List<LaneLease> leases, int limit) {
        return this.store.read(leases, EventStatus.PENDING, NOW, limit, List.of());
    }

    private static FailedAttempt dead(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.DLQ);
    }

    private static FailedAttempt refused(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.DLQ_FAILED);
    }

    private static List<Long> ids(List<StoredEvent> rows) {
        return rows.stream().map(StoredEvent::id).toList();
    }
}
