package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.LEASE;
import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.attempt;
import static io.github.resilientkafka.store.EventRows.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.store.DeadLetterRows.Chunk;
import io.github.resilientkafka.store.DeadLetterRows.Selection;
import io.github.resilientkafka.store.DeadLetterRows.Sight;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Dead letters and the search by event id on H2.
 */
class H2DeadLetterRowsTests {

    private final H2Database database = new H2Database();

    private final EventStore store = this.database.store("app", true);

    private final FailedEvents events = this.database.events("app");

    private final DeadLetterRows deadLetters = this.database.deadLetters("app");

    @AfterEach
    void close() {
        this.database.close();
    }

    @Test
    void deadLettersOfATopicAreSeenInIdOrderAChunkAtATime() {
        deadLetter("orders", 5);
        deadLetter("orders2", 2);

        Sight first = this.deadLetters.look(all("orders"), 0, 3);
        Sight second = this.deadLetters.look(all("orders"), first.lastId(), 3);

        assertThat(first.end()).isFalse();
        assertThat(second.end()).isTrue();
        List<Long> ids = new ArrayList<>(first.selected());
        ids.addAll(second.selected());
        assertThat(ids).hasSize(5).isSorted();
        assertThat(this.deadLetters.look(all("nothing"), 0, 3)).isEqualTo(new Sight(List.of(), 0, true));
    }

    @Test
    void whatIsReplayedIsPendingAndDueAndNoLongerCountedAsDead() {
        deadLetter("orders", 5);
        Instant later = NOW.plusSeconds(60);

        Chunk chunk = this.deadLetters.replay(all("orders"), 0, 100, 3, later);

        assertThat(chunk.replayed()).isEqualTo(3);
        assertThat(chunk.end()).isFalse();
        assertThat(this.events.stats()).isEqualTo(new RetryStats(3, true, 0, 2, 0, NOW));
        List<FailedEventView> pending = page(EventStatus.PENDING);
        assertThat(pending).extracting(FailedEventView::keyText).containsExactly("key-2", "key-1", "key-0");
        assertThat(pending).allSatisfy(row -> {
            assertThat(row.attempts()).isZero();
            assertThat(row.nextAttemptAt()).isEqualTo(later);
            assertThat(row.resolvedAt()).isNull();
        });

        chunk = this.deadLetters.replay(all("orders"), chunk.lastId(), 100, 3, later);
        assertThat(chunk.replayed()).isEqualTo(2);
        assertThat(chunk.end()).isTrue();
        assertThat(this.events.stats().dlq()).isZero();
    }

    @Test
    void onlyWhatIsSelectedIsReplayed() {
        deadLetter("orders", 5);
        Selection tooEarly = new Selection("orders", null, NOW, null);
        Selection tooLate = new Selection("orders", NOW.plusMillis(1), NOW.plusSeconds(1), null);
        Selection oneKey = new Selection("orders", NOW, NOW.plusMillis(1), "key-3");

        assertThat(this.deadLetters.look(tooEarly, 0, 100).selected()).isEmpty();
        assertThat(this.deadLetters.replay(tooEarly, 0, 100, 100, NOW).replayed())
                .isZero();
        assertThat(this.deadLetters.replay(tooLate, 0, 100, 100, NOW).replayed())
                .isZero();
        Chunk chunk = this.deadLetters.replay(oneKey, 0, 2, 100, NOW);
        assertThat(chunk.replayed()).as("not among the first two").isZero();
        assertThat(chunk.end()).isFalse();
        assertThat(this.deadLetters.replay(oneKey, chunk.lastId(), 2, 100, NOW).replayed())
                .isEqualTo(1);
        assertThat(page(EventStatus.PENDING))
                .singleElement()
                .extracting(FailedEventView::keyText)
                .isEqualTo("key-3");
    }

    @Test
    void rowsOfOtherApplicationsAreLeftAlone() {
        deadLetter("orders", 5);

        assertThat(this.database
                        .deadLetters("other")
                        .replay(all("orders"), 0, 100, 100, NOW)
                        .replayed())
                .isZero();
        UUID eventId = page(EventStatus.DLQ).get(0).eventId();
        assertThat(this.database.events("other").findByEventId(eventId)).isEmpty();
        assertThat(this.events.findByEventId(eventId)).hasSize(1);
    }

    @Test
    void allRowsOfAnEventAreFoundNewestFirstWithoutPayload() {
        FailedEvent once = row(1, "once", NOW);
        FailedEvent again = withEventId(row(2, "again", NOW), once.eventId());
        this.store.save(List.of(once, row(1, "other", NOW)));
        this.store.save(List.of(again));

        List<FailedEventView> found = this.events.findByEventId(once.eventId());

        assertThat(found).extracting(FailedEventView::keyText).containsExactly("again", "once");
        assertThat(found).allSatisfy(row -> assertThat(row.payload()).isNull());
        assertThat(this.events.findByEventId(UUID.randomUUID())).isEmpty();
    }

    private void deadLetter(String topic, int count) {
        List<FailedEvent> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] bytes = {1};
            rows.add(row(i % 3, topic, "key-" + i, bytes, bytes, "[]", "Placed", "m", NOW));
        }
        this.store.save(rows);
        List<LaneLease> leases = this.store.lease("w", EventStatus.PENDING, NOW, 16, LEASE);
        List<FailedAttempt> attempts = this.store.read(leases, EventStatus.PENDING, NOW, 100, List.of()).stream()
                .map(row -> attempt(row, EventStatus.PENDING, EventStatus.DLQ))
                .toList();
        assertThat(this.store.settleFailures("w", leases, attempts, NOW, LEASE)).isTrue();
        this.store.release("w", leases);
    }

    private List<FailedEventView> page(EventStatus status) {
        return this.events.page(new FailedEvents.Filter(null, status, null, null, null, null), null, 100);
    }

    private Selection all(String topic) {
        return new Selection(topic, null, NOW.plusSeconds(1), null);
    }

    private static FailedEvent withEventId(FailedEvent event, UUID eventId) {
        return new FailedEvent(
                event.rowId(),
                eventId,
                event.lane(),
                event.topic(),
                event.partition(),
                event.timestamp(),
                event.key(),
                event.keyText(),
                event.payload(),
                event.headers(),
                event.eventType(),
                event.failureKind(),
                event.errorType(),
                event.errorMessage(),
                event.createdAt(),
                event.nextAttemptAt());
    }
}
