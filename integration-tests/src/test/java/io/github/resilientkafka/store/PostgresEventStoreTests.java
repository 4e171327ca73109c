package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.row;
import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The hot side of the store on PostgreSQL.
 */
class PostgresEventStoreTests extends EventStoreContract<StoreDatabase> {

    PostgresEventStoreTests() {
        super(new StoreDatabase(LocalPostgres.shared()));
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
                    0,
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
    void aSettleThatWaitsForARetryByHandLeavesTheRowAlone() throws Exception {
        this.store.save(rows(1, 1));
        this.database.execute("update failed_kafka_events set attempts = 2");
        List<LaneLease> leases = lease("w");
        List<FailedAttempt> attempts = List.of(dead(read(leases, 1).get(0)));
        List<Boolean> settled = Collections.synchronizedList(new ArrayList<>());
        try (var connection = this.database.pool().getConnection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("update failed_kafka_events set attempts = 0");
            Thread settling =
                    new Thread(() -> settled.add(this.store.settleFailures("w", leases, attempts, NOW, LEASE)));
            settling.start();
            Threads.awaitLockedBackend(this.database.jdbc());
            connection.commit();
            settling.join();
        }

        assertThat(settled).containsExactly(true);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(1, true, 0, 0, 0, NOW));
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
}
