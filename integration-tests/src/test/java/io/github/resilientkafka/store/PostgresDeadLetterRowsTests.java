package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.rows;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.store.DeadLetterRows.Chunk;
import io.github.resilientkafka.store.DeadLetterRows.Selection;
import io.github.resilientkafka.store.DeadLetterRows.Sight;
import io.github.resilientkafka.testing.LocalPostgres;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Dead letters on PostgreSQL: looked at and replayed a chunk at a time, by anybody at once.
 */
class PostgresDeadLetterRowsTests {

    private static final Selection ALL = new Selection("orders", null, NOW.plusSeconds(1), null);

    private final StoreDatabase database = new StoreDatabase(LocalPostgres.shared());

    private final EventStore store = this.database.store();

    private final FailedEvents events = this.database.events();

    private final DeadLetterRows deadLetters = this.database.deadLetters();

    @AfterEach
    void close() {
        this.database.close();
    }

    @Test
    void replayedRowsArePendingAndDueInIdOrderAndTheTotalsAreRight() {
        deadLetter(10, 1, 2, 3);
        assertThat(this.events.stats()).isEqualTo(new RetryStats(0, true, 0, 30, 0, null));
        Sight sight = this.deadLetters.look(ALL, 0, 100);
        assertThat(sight.selected()).hasSize(30).isSorted();
        assertThat(sight.end()).isTrue();

        Chunk chunk = this.deadLetters.replay(ALL, 0, 100, 7, NOW.plusSeconds(9));

        assertThat(chunk).isEqualTo(new Chunk(7, sight.selected().get(6), false));
        assertThat(this.events.stats()).isEqualTo(new RetryStats(7, true, 0, 23, 0, NOW));
        FailedEventView first = this.events.find(sight.selected().get(0)).orElseThrow();
        assertThat(first.status()).isEqualTo(EventStatus.PENDING);
        assertThat(first.attempts()).isZero();
        assertThat(first.nextAttemptAt()).isEqualTo(NOW.plusSeconds(9));
        assertThat(first.resolvedAt()).isNull();
        assertThat(this.deadLetters.replay(ALL, chunk.lastId(), 100, 100, NOW))
                .isEqualTo(new Chunk(23, sight.lastId(), true));
        assertThat(this.deadLetters.replay(ALL, 0, 100, 100, NOW)).isEqualTo(new Chunk(0, 0, true));
    }

    @Test
    void onlyWhatIsSelectedIsReplayed() {
        deadLetter(5, 1);
        this.database.jdbc().update("update failed_kafka_events set topic = 'orders2' where key_text = 'key-4'");
        Selection tooEarly = new Selection("orders", null, NOW, null);
        Selection tooLate = new Selection("orders", NOW.plusMillis(1), NOW.plusSeconds(1), null);
        Selection oneKey = new Selection("orders", NOW, NOW.plusMillis(1), "key-3");

        assertThat(this.deadLetters.look(tooEarly, 0, 9).selected()).isEmpty();
        assertThat(this.deadLetters.replay(tooEarly, 0, 9, 9, NOW).replayed()).isZero();
        assertThat(this.deadLetters.replay(tooLate, 0, 9, 9, NOW).replayed()).isZero();
        Chunk chunk = this.deadLetters.replay(oneKey, 0, 2, 9, NOW);
        assertThat(chunk.replayed()).as("not among the first two").isZero();
        assertThat(chunk.end()).isFalse();
        assertThat(this.deadLetters.replay(oneKey, chunk.lastId(), 9, 9, NOW)).isEqualTo(new Chunk(1, 4, true));
        assertThat(this.deadLetters.look(ALL, 0, 9).selected()).containsExactly(1L, 2L, 3L);
    }

    @Test
    @Timeout(60)
    void severalAtOnceReplayEachRowOnceAndTheTotalsAreRightWhateverElseIsDone() throws Exception {
        deadLetter(30, IntStream.range(0, 64).toArray());
        AtomicInteger replayed = new AtomicInteger();
        AtomicInteger taken = new AtomicInteger();
        Threads.run(5, number -> {
            switch (number) {
                case 0, 1, 2 -> replayAll(replayed);
                case 3 -> {
                    for (int i = 0; i < 300; i++) {
                        long id = ThreadLocalRandom.current().nextLong(1, 30 * 64);
                        if (this.events
                                .find(id)
                                .filter(row -> row.status() == EventStatus.DLQ)
                                .isPresent()) {
                            taken.addAndGet(this.events.discard(id) ? 1 : 0);
                        }
                        if (i % 20 == 0) {
                            this.events.purgeDeadLetters(NOW.plusSeconds(1), 3);
                        }
                    }
                }
                default -> settleAll();
            }
        });

        Map<String, Object> counted = this.database.jdbc().queryForMap("""
                        select count(*) filter (where status = 'RESOLVED') as resolved,
                               count(*) filter (where status = 'DLQ') as dlq,
                               count(*) filter (where status = 'PENDING') as pending
                          from failed_kafka_events""");
        RetryStats stats = this.events.stats();
        assertThat(Map.of("resolved", stats.resolved(), "dlq", stats.dlq(), "pending", stats.pending()))
                .isEqualTo(counted);
        assertThat(stats.dlq()).isZero();
        assertThat(replayed.get()).isPositive().isLessThanOrEqualTo(30 * 64);
        System.out.println("replayed " + replayed + " of 1920 by three at once, discarded " + taken);
    }

    private void replayAll(AtomicInteger replayed) {
        Chunk chunk = new Chunk(0, 0, false);
        while (!chunk.end()) {
            chunk = this.deadLetters.replay(ALL, chunk.lastId(), 40, 40, NOW);
            replayed.addAndGet(chunk.replayed());
        }
    }

    private void settleAll() {
        for (int i = 0; i < 60; i++) {
            List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
            List<StoredEvent> rows = this.store.read(leases, EventStatus.PENDING, NOW, 60, List.of());
            assertThat(this.store.settle("w", leases, rows, NOW, LEASE)).isTrue();
            this.store.release("w", leases);
        }
    }

    private void deadLetter(int perLane, int... lanes) {
        this.store.save(rows(perLane, lanes));
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 64, LEASE);
        List<FailedAttempt> attempts =
                this.store.read(leases, EventStatus.PENDING, NOW, perLane * lanes.length, List.of()).stream()
                        .map(row -> attempt(row, EventStatus.PENDING, EventStatus.DLQ))
                        .toList();
        assertThat(attempts).hasSize(perLane * lanes.length);
        assertThat(this.store.settleFailures("w", leases, attempts, NOW, LEASE)).isTrue();
        this.store.release("w", leases);
    }
}
