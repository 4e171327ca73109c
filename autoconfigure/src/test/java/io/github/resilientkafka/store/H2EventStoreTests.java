package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.row;
import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;

/**
 * The store and its administration on H2.
 */
class H2EventStoreTests {

    private static final Duration LEASE = Duration.ofMinutes(1);

    /** Such a lease has expired before it begins. */
    private static final Duration EXPIRED = Duration.ofMinutes(-1);

    private final Instant now = Instant.parse("2026-03-01T12:00:00.123456Z");

    private JdbcConnectionPool pool = open("");

    private EventStore store = store("app", true);

    private FailedEvents events = events("app");

    @AfterEach
    void close() {
        this.pool.dispose();
    }

    @Test
    void whatIsSavedIsReadBackAsItWas() {
        byte[] payload = {0, 1, (byte) 0xFF};
        FailedEvent saved = row(5, "orders", "k", new byte[] {7}, payload, "[]", "Placed", "message", this.now);
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
                        this.now));
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
                this.now,
                this.now);
        this.store.save(List.of(tombstone));

        StoredEvent read = read(lease("w"), 10).get(0);

        assertThat(read.key()).isNull();
        assertThat(read.payload()).isNull();
        assertThat(read.partition()).isNull();
        assertThat(read.errorMessage()).isNull();
    }

    @Test
    void nothingThatUsersSendMakesAnInsertFail() {
        String nasty = "a\u0000b\uD800" + "x".repeat(100_000);
        this.store.save(List.of(
                row(1, "t", nasty, new byte[0], new byte[3_000_000], "h".repeat(2_000_000), nasty, nasty, this.now)));

        assertThat(read(lease("w"), 10).get(0).payload()).hasSize(3_000_000);
    }

    @Test
    void savingAgainChangesNothing() {
        List<FailedEvent> saved = rows(3, this.now, 1, 2);
        this.store.save(saved);
        this.store.settle("w", List.of(), List.of(), this.now, LEASE);
        this.store.save(saved);

        assertThat(this.events.stats().pending()).isEqualTo(6);
    }

    @Test
    void idsAscendInTheOrderGiven() {
        List<FailedEvent> saved = rows(200, this.now, 9);
        this.store.save(saved);

        assertThat(read(lease("w"), 1_000))
                .extracting(StoredEvent::eventId)
                .containsExactlyElementsOf(
                        saved.stream().map(FailedEvent::eventId).toList());
    }

    @Test
    void onlyLanesWithDueRowsAreLeased() {
        this.store.save(List.of(row(1, "due", this.now), row(2, "later", this.now.plusMillis(1))));

        assertThat(lease("w")).containsExactly(new LaneLease(1, 1));
    }

    @Test
    void twoOwnersShareTheLanes() {
        this.store.save(rows(1, this.now, 1, 2, 3));

        List<LaneLease> one = this.store.lease("one", EventStatus.PENDING, this.now, 2, LEASE);
        List<LaneLease> two = this.store.lease("two", EventStatus.PENDING, this.now, 2, LEASE);

        assertThat(one).hasSize(2);
        assertThat(two).hasSize(1).doesNotContainAnyElementsOf(one);
        assertThat(lease("three")).isEmpty();
    }

    @Test
    void theLaneServedLongestAgoComesFirst() {
        this.store.save(rows(1, this.now, 1, 2));
        this.store.release("w", this.store.lease("w", EventStatus.PENDING, this.now, 1, LEASE));

        assertThat(this.store.lease("w", EventStatus.PENDING, this.now, 1, LEASE))
                .containsExactly(new LaneLease(2, 1));
    }

    @Test
    void everyLaneGivesItsShareWithoutWhatIsInFlight() {
        this.store.save(rows(10, this.now, 1, 2));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> first = read(leases, 7);

        assertThat(first).hasSize(7).filteredOn(row -> row.lane() == 1).hasSize(4);
        assertThat(this.store.read(leases, EventStatus.PENDING, this.now, 4, ids(first)))
                .extracting(StoredEvent::id)
                .doesNotContainAnyElementsOf(ids(first))
                .hasSize(4);
    }

    @Test
    void largeRowsAreReadAFewAtATime() {
        List<FailedEvent> large = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            large.add(row(1, "t", "k", new byte[1], new byte[12_000_000], "[]", "T", "m", this.now));
        }
        this.store.save(large);

        assertThat(read(lease("w"), 100)).hasSize(3);
    }

    @Test
    void settlingResolvesRenewsAndCounts() {
        this.store.save(rows(2, this.now, 1, 2));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, this.now, 16, EXPIRED);
        assertThat(this.store.stillOwned("w", leases)).isEmpty();

        assertThat(this.store.settle("w", leases, read(leases, 3), this.now, LEASE))
                .isTrue();

        assertThat(this.store.stillOwned("w", leases)).isEqualTo(leases);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 3, 0, 0, this.now));
    }

    @Test
    void aRowThatIsGoneIsNotCounted() {
        this.store.save(rows(2, this.now, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 2);
        this.events.discard(rows.get(0).id());

        assertThat(this.store.settle("w", leases, rows, this.now, LEASE)).isTrue();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 1, 0, 0, null));
    }

    @Test
    void anEmptySettleTellsWhoIsFenced() {
        this.store.save(rows(1, this.now, 1, 2));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, this.now, 16, EXPIRED);
        assertThat(this.store.settle("w", leases, List.of(), this.now, EXPIRED)).isTrue();

        List<LaneLease> taken = this.store.lease("other", EventStatus.PENDING, this.now, 1, LEASE);

        assertThat(this.store.settle("w", leases, List.of(), this.now, LEASE)).isFalse();
        assertThat(this.store.stillOwned("w", leases)).isEmpty();
        assertThat(this.store.stillOwned("other", taken)).isEqualTo(taken);
    }

    @Test
    @DisplayName(
            "W1: who finds no free lane asks for one if others hold lanes with due rows, and is heard for a second")
    void lanesAreAskedFor() {
        this.store.save(rows(1, this.now, 1, 2));
        assertThat(this.store.askForLanes("w", this.now)).as("all free").isFalse();
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, this.now, 64, LEASE);

        assertThat(this.store.askForLanes("w", this.now)).as("its own").isFalse();
        assertThat(this.store.askForLanes("other", this.now.minusSeconds(1)))
                .as("not due")
                .isFalse();
        assertThat(this.store.lanesAreWanted()).isFalse();
        assertThat(this.store.askForLanes("other", this.now)).isTrue();
        assertThat(this.store.lanesAreWanted()).isTrue();

        assertThat(this.store.settle("w", leases, List.of(), this.now, EXPIRED)).isTrue();
        assertThat(this.store.askForLanes("other", this.now)).as("expired").isFalse();
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !this.store.lanesAreWanted());
    }

    @Test
    void whoIsFencedChangesNothing() {
        this.store.save(rows(2, this.now, 1, 2));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, this.now, 16, EXPIRED);
        List<StoredEvent> rows = read(leases, 10);
        this.store.lease("other", EventStatus.PENDING, this.now, 1, LEASE);

        assertThat(this.store.settle("w", leases, rows, this.now, LEASE)).isFalse();
        assertThat(this.store.settleFailures("w", leases, List.of(dead(rows.get(0))), this.now, LEASE))
                .isFalse();
        this.store.release("w", leases);

        assertThat(this.events.stats()).isEqualTo(new RetryStats(4, true, 0, 0, 0, this.now));
        assertThat(this.store.stillOwned("w", leases)).isEmpty();
    }

    @Test
    void retryDiscardAndPurgeKeepTheTotals() {
        this.store.save(rows(6, this.now, 1));
        List<LaneLease> leases = lease("w");
        List<StoredEvent> rows = read(leases, 6);
        this.store.settle("w", leases, rows.subList(0, 2), this.now, LEASE);
        this.store.settleFailures(
                "w",
                leases,
                List.of(dead(rows.get(2)), dead(rows.get(3)), refused(rows.get(4)), again(rows.get(5))),
                this.now,
                LEASE);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 2, 2, 1, this.now));

        assertThat(this.events.retry(rows.get(2).id(), this.now)).isTrue();
        assertThat(this.events.retry(rows.get(5).id(), this.now)).isTrue();
        assertThat(this.events.retry(rows.get(0).id(), this.now)).isFalse();
        assertThat(this.events.discard(rows.get(4).id())).isTrue();
        assertThat(this.events.discard(rows.get(1).id())).isFalse();
        assertThat(this.events.purgeDeadLetters(this.now, 10)).isZero();
        assertThat(this.events.purgeDeadLetters(this.now.plusSeconds(1), 10)).isEqualTo(1);
        assertThat(this.events.purgeResolved(this.now.plusSeconds(1), 0, 1))
                .isEqualTo(new PurgeStep(1, rows.get(0).id(), true));
        assertThat(this.events
                        .purgeResolved(this.now.minusSeconds(1), rows.get(0).id(), 10)
                        .purged())
                .isZero();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(2, true, 1, 0, 0, this.now));
    }

    @Test
    void refusedDeadLettersAreLeasedByTheirOwnStatus() {
        this.store.save(rows(1, this.now, 1));
        List<LaneLease> leases = lease("w");
        this.store.settleFailures("w", leases, List.of(refused(read(leases, 1).get(0))), this.now, LEASE);
        this.store.release("w", leases);

        List<LaneLease> again = this.store.lease("w", EventStatus.DLQ_FAILED, this.now.plusSeconds(60), 16, LEASE);
        List<StoredEvent> row = this.store.read(again, EventStatus.DLQ_FAILED, this.now.plusSeconds(60), 10, List.of());
        assertThat(row).hasSize(1);
        assertThat(this.store.settleFailures(
                        "w",
                        again,
                        List.of(attempt(row.get(0), EventStatus.DLQ_FAILED, EventStatus.DLQ, this.now)),
                        this.now,
                        LEASE))
                .isTrue();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 0, 1, 0, null));
    }

    @Test
    void pagesAreNewestFirstAndFiltered() {
        this.store.save(rows(5, this.now, 1));
        List<FailedEventView> first = this.events.page(filter(null), null, 2);
        List<FailedEventView> second =
                this.events.page(filter(null), first.get(1).id(), 10);

        assertThat(Stream.concat(first.stream(), second.stream()))
                .extracting(FailedEventView::keyText)
                .containsExactly("key-4", "key-3", "key-2", "key-1", "key-0");
        assertThat(this.events.page(filter(EventStatus.DLQ), null, 10)).isEmpty();
        assertThat(this.events.page(
                        new FailedEvents.Filter(
                                "orders",
                                EventStatus.PENDING,
                                this.now.plusMillis(1),
                                this.now,
                                "key-3",
                                first.get(1).eventId()),
                        null,
                        10))
                .hasSize(1);
    }

    @Test
    void onlyOneRowIsShownWithItsPayload() {
        this.store.save(rows(1, this.now, 1));
        FailedEventView listed = this.events.page(filter(null), null, 1).get(0);

        assertThat(listed.payload()).isNull();
        assertThat(listed.payloadBytes()).isEqualTo(5);
        assertThat(this.events.find(listed.id()).orElseThrow().payload())
                .asString()
                .isEqualTo("key-0");
        assertThat(this.events.find(-1)).isEmpty();
    }

    @Test
    void applicationsDoNotSeeEachOthersRows() {
        this.store.save(rows(1, this.now, 1));
        long id = this.events.page(filter(null), null, 1).get(0).id();
        EventStore other = store("other", true);
        FailedEvents others = events("other");

        assertThat(other.lease("w", EventStatus.PENDING, this.now, 16, LEASE)).isEmpty();
        assertThat(others.stats().pending()).isZero();
        assertThat(others.page(filter(null), null, 10)).isEmpty();
        assertThat(others.find(id)).isEmpty();
        assertThat(others.retry(id, this.now)).isFalse();
        assertThat(others.discard(id)).isFalse();
    }

    @Test
    void withoutRetentionResolvedRowsAreDeleted() {
        EventStore forgetful = store("app", false);
        forgetful.save(rows(2, this.now, 1));
        List<LaneLease> leases = lease("w");

        assertThat(forgetful.settle("w", leases, read(leases, 1), this.now, LEASE))
                .isTrue();

        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 0, 0, 0, this.now));
        assertThat(this.events.page(filter(null), null, 10)).hasSize(1);
    }

    @Test
    void pingFailsWithoutTheTable() throws Exception {
        this.store.ping();
        try (var connection = this.pool.getConnection()) {
            connection.createStatement().execute("drop table failed_kafka_events");
        }

        assertThatExceptionOfType(DataAccessException.class).isThrownBy(this.store::ping);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ";MODE=PostgreSQL",
                ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH",
                ";MODE=MySQL",
                ";DATABASE_TO_UPPER=FALSE",
                ";CASE_INSENSITIVE_IDENTIFIERS=TRUE",
                ";MODE=Oracle",
                ";MODE=MSSQLServer"
            })
    void allOfItWorksInOtherModes(String settings) {
        this.pool.dispose();
        this.pool = open(settings);
        this.store = store("app", true);
        this.events = events("app");

        retryDiscardAndPurgeKeepTheTotals();
        assertThat(this.events.page(filter(EventStatus.PENDING), null, 10)).hasSize(2);
    }

    private List<LaneLease> lease(String owner) {
        return this.store.lease(owner, EventStatus.PENDING, this.now, 16, LEASE);
    }

    private List<StoredEvent> read(List<LaneLease> leases, int limit) {
        return this.store.read(leases, EventStatus.PENDING, this.now, limit, List.of());
    }

    private FailedAttempt dead(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.DLQ, this.now);
    }

    private FailedAttempt refused(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.DLQ_FAILED, this.now.plus(1, ChronoUnit.MINUTES));
    }

    private FailedAttempt again(StoredEvent row) {
        return attempt(row, EventStatus.PENDING, EventStatus.PENDING, this.now.plus(1, ChronoUnit.MINUTES));
    }

    private static List<Long> ids(List<StoredEvent> rows) {
        return rows.stream().map(StoredEvent::id).toList();
    }

    private static FailedEvents.Filter filter(EventStatus status) {
        return new FailedEvents.Filter(null, status, null, null, null, null);
    }

    private EventStore store(String namespace, boolean retain) {
        return store(this.pool, namespace, retain);
    }

    static EventStore store(JdbcConnectionPool pool, String namespace, boolean retain) {
        return DatabaseVendor.H2.eventStore(session(pool, namespace), scope(namespace), retain);
    }

    private FailedEvents events(String namespace) {
        return DatabaseVendor.H2.failedEvents(session(this.pool, namespace), scope(namespace));
    }

    private static JdbcSession session(JdbcConnectionPool pool, String namespace) {
        SchemaInitializer schema = new SchemaInitializer(pool, DatabaseVendor.H2, scope(namespace), true);
        return new JdbcSession(pool, schema::beforeUse);
    }

    private static StoreScope scope(String namespace) {
        return new StoreScope(null, namespace, StoreScope.DEFAULT_CHANNEL);
    }

    static JdbcConnectionPool open(String settings) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1" + settings);
        return JdbcConnectionPool.create(dataSource);
    }
}
