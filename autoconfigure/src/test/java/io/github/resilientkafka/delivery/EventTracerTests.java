package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventUnderWay;
import io.github.resilientkafka.publisher.EventsUnderWay;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.PartitionHolds.Held;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.RetryProperties;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.dao.QueryTimeoutException;

/**
 * Where an event is, and why: every answer there can be.
 */
class EventTracerTests {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private final UUID id = EventIds.next(NOW.toEpochMilli());

    private final FailedEvents rows = mock(FailedEvents.class);

    private final DeadLetters deadLetters = mock(DeadLetters.class);

    private final PublisherCircuit circuit = mock(PublisherCircuit.class);

    private final PartitionHolds holds = mock(PartitionHolds.class);

    private final List<String> searched = new ArrayList<>();

    private EventUnderWay underWay;

    private RecordSearch.Position inTopic;

    private RecordSearch.Position inDeadLetters;

    private String problem;

    @BeforeEach
    void deadLetterTopics() {
        given(this.deadLetters.topicFor("orders")).willReturn("orders.dlq");
        given(this.deadLetters.isDeadLetterTopic("orders.dlq")).willReturn(true);
        given(this.circuit.state()).willReturn(State.CLOSED);
        given(this.holds.held()).willReturn(Held.NOTHING);
    }

    @ParameterizedTest
    @EnumSource(EventUnderWay.State.class)
    @DisplayName("explain: what is in memory comes first, with its reason")
    void underWay(EventUnderWay.State state) {
        this.underWay = new EventUnderWay(this.id, "orders", 7, state, Duration.ofMillis(1_500), "Kafka is slow");
        stored(row(1, EventStatus.PENDING, 0, null));

        EventExplanation explanation = tracer(true).explain(this.id);

        assertThat(explanation.state().name()).isEqualTo(state.name());
        assertThat(explanation.why()).contains("PT1.5S").contains("Kafka is slow");
        assertThat(explanation.rows()).hasSize(1);
    }

    @Test
    @DisplayName("explain: a stored event waits for the circuit while it is open")
    void circuitOpen() {
        given(this.circuit.isOpen()).willReturn(true);
        given(this.circuit.state()).willReturn(State.OPEN);
        given(this.circuit.lastOutage()).willReturn(new IllegalStateException("no broker"));
        stored(row(1, EventStatus.PENDING, 0, Instant.EPOCH));

        assertThat(tracer(true).explain(this.id)).satisfies(explanation -> {
            assertThat(explanation.state()).isEqualTo(EventExplanation.State.STORED);
            assertThat(explanation.why())
                    .contains("stored since " + NOW)
                    .contains("circuit to Kafka, which is OPEN")
                    .contains("no broker");
        });
    }

    @Test
    @DisplayName("explain: a stored event waits until it is due, whatever the circuit does")
    void notDue() {
        given(this.circuit.isOpen()).willReturn(true);
        stored(row(1, EventStatus.PENDING, 2, NOW.plusSeconds(60)));

        assertThat(tracer(true).explain(this.id).why())
                .contains("due at 2026-03-01T12:01:00Z, when attempt 3 of 3")
                .contains("2 failed retries");
    }

    @Test
    @DisplayName("explain: a stored event waits for its partition")
    void partitionHeld() {
        given(this.holds.held()).willReturn(new Held(Set.of(), List.of(1L), Set.of()));
        stored(row(1, EventStatus.PENDING, 0, NOW));

        assertThat(tracer(true).explain(this.id).why()).contains("waits for its partition");
        stored(row(2, EventStatus.PENDING, 0, NOW));
        assertThat(tracer(true).explain(this.id).why()).contains("waits for its turn");
    }

    @Test
    @DisplayName("explain: a stored event waits for another instance where this one does not retry")
    void retryDisabled() {
        stored(row(1, EventStatus.PENDING, 0, NOW));

        assertThat(tracer(false).explain(this.id).why()).contains("another instance has to bring it back");
    }

    @Test
    @DisplayName("explain: settled rows say when and why; the newest row decides")
    void settled() {
        stored(row(9, EventStatus.DLQ, 3, null), row(4, EventStatus.RESOLVED, 0, null));
        EventExplanation dead = tracer(true).explain(this.id);
        assertThat(dead.state()).isEqualTo(EventExplanation.State.DEAD_LETTERED);
        assertThat(dead.why()).contains("orders.dlq", "3 failed retries", "TooLarge: big", "2 rows");

        stored(row(4, EventStatus.RESOLVED, 0, null));
        assertThat(tracer(true).explain(this.id).state()).isEqualTo(EventExplanation.State.SENT);

        stored(row(4, EventStatus.DLQ_FAILED, 3, NOW.plusSeconds(3_600)));
        EventExplanation refused = tracer(true).explain(this.id);
        assertThat(refused.state()).isEqualTo(EventExplanation.State.DEAD_LETTER_REFUSED);
        assertThat(refused.why()).contains("tried again at 2026-03-01T13:00:00Z");
    }

    @Test
    @DisplayName("explain: without a topic it says what is not known and how to ask")
    void unknown() {
        EventExplanation explanation = tracer(true).explain(this.id);

        assertThat(explanation.state()).isEqualTo(EventExplanation.State.UNKNOWN);
        assertThat(explanation.why()).contains("name its topic").contains("under the name 'app'");
        assertThat(this.searched).isEmpty();
    }

    @Test
    @DisplayName("explain: a database that does not answer is named, and not taken for an empty one")
    void databaseAway() {
        given(this.rows.findByEventId(this.id)).willThrow(new QueryTimeoutException("too slow"));

        EventExplanation explanation = tracer(true).explain(this.id);

        assertThat(explanation.state()).isEqualTo(EventExplanation.State.UNKNOWN);
        assertThat(explanation.databaseError()).contains("too slow");
        assertThat(explanation.why()).contains("could not be asked").doesNotContain("has no row");
    }

    @Test
    @DisplayName("explain: with a topic, it and its dead-letter topic are searched from the time the id carries")
    void sent() {
        this.inTopic = new RecordSearch.Position(2, 42, NOW);

        EventExplanation explanation = tracer(true).explain(this.id, "orders", null);

        assertThat(explanation.state()).isEqualTo(EventExplanation.State.SENT);
        assertThat(explanation.why()).contains("partition 2 at offset 42");
        assertThat(this.searched).containsExactly("orders 2026-03-01T11:59:55Z", "orders.dlq 2026-03-01T11:59:55Z");
    }

    @Test
    @DisplayName("explain: found in the dead-letter topic only")
    void deadLetteredWithoutRow() {
        this.inDeadLetters = new RecordSearch.Position(0, 1, NOW);

        EventExplanation explanation = tracer(true).explain(this.id, "orders", NOW.minusSeconds(60));

        assertThat(explanation.state()).isEqualTo(EventExplanation.State.DEAD_LETTERED);
        assertThat(this.searched).first().isEqualTo("orders 2026-03-01T11:59:00Z");
    }

    @Test
    @DisplayName("explain: a search that could not be finished is not taken for one that found nothing")
    void searchUnfinished() {
        this.problem = "no broker answers";

        EventExplanation explanation = tracer(true).explain(this.id, "orders", null);

        assertThat(explanation.state()).isEqualTo(EventExplanation.State.UNKNOWN);
        assertThat(explanation.why()).contains("not to its end: no broker answers");
    }

    @Test
    @DisplayName("explain: an id without a time needs one to search from; nothing is searched without")
    void noTime() {
        UUID random = UUID.randomUUID();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tracer(true).explain(random, "orders", null))
                .withMessageContaining("since");
        assertThat(this.searched).isEmpty();

        assertThat(tracer(true).explain(random, "orders", NOW).searches()).hasSize(2);
    }

    private void stored(FailedEventView... views) {
        given(this.rows.findByEventId(this.id)).willReturn(List.of(views));
    }

    private EventTracer tracer(boolean retryEnabled) {
        RetryProperties retry = new RetryProperties(
                retryEnabled,
                Duration.ofMinutes(1),
                3,
                List.of(Duration.ofMinutes(1)),
                1_000,
                2,
                Duration.ofSeconds(30),
                Duration.ofDays(7));
        WaitingReason reason = new WaitingReason(retry, this.circuit, this.holds, Clock.fixed(NOW, ZoneOffset.UTC));
        EventsUnderWay events = eventId -> this.underWay;
        return new EventTracer(
                only(events),
                only(this.rows),
                this::search,
                this.deadLetters,
                new ExplanationText(only(reason), true, "app"));
    }

    private RecordSearch.Result search(String topic, UUID eventId, Instant from, Duration timeout) {
        this.searched.add(topic + " " + from);
        RecordSearch.Position found = topic.equals("orders") ? this.inTopic : this.inDeadLetters;
        return new RecordSearch.Result(topic, from, 5, this.problem == null, found, this.problem);
    }

    private FailedEventView row(long rowId, EventStatus status, int attempts, Instant nextAttemptAt) {
        return new FailedEventView(
                rowId,
                this.id,
                "orders",
                null,
                "k",
                "Placed",
                status,
                FailureKind.RECORD,
                attempts,
                "TooLarge",
                "big",
                NOW,
                nextAttemptAt,
                NOW,
                5,
                null,
                "[]");
    }

    private static <T> ObjectProvider<T> only(T bean) {
        return new ObjectProvider<>() {

            @Override
            public Stream<T> stream() {
                return Stream.of(bean);
            }

            @Override
            public T getObject() {
                return bean;
            }
        };
    }
}
