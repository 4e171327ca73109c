package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.EventExplanation.State;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventUnderWay;
import io.github.resilientkafka.publisher.EventsUnderWay;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.dao.DataAccessException;

/**
 * Follows an event in the direction in which events move (memory, database, Kafka), so that one which moves on meanwhile
 * is met at its next place.
 */
final class EventTracer implements EventExplainer {

    /**
     * Records may be a little older than the ids they carry, where another clock has stamped them.
     */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private static final Duration SEARCH_TIMEOUT = Duration.ofSeconds(4);

    private final ObjectProvider<EventsUnderWay> underWay;

    private final ObjectProvider<FailedEvents> stored;

    private final TopicSearch search;

    private final DeadLetters deadLetters;

    private final ExplanationText text;

    EventTracer(
            ObjectProvider<EventsUnderWay> underWay,
            ObjectProvider<FailedEvents> stored,
            TopicSearch search,
            DeadLetters deadLetters,
            ExplanationText text) {
        this.underWay = underWay;
        this.stored = stored;
        this.search = search;
        this.deadLetters = deadLetters;
        this.text = text;
    }

    @Override
    public EventExplanation explain(UUID eventId) {
        return explain(trace(eventId));
    }

    @Override
    public EventExplanation explain(UUID eventId, String topic, @Nullable Instant since) {
        Instant from = from(eventId, since);
        Trace trace = trace(eventId);
        trace.searches.add(this.search.find(topic, eventId, from, SEARCH_TIMEOUT));
        if (!this.deadLetters.isDeadLetterTopic(topic)) {
            String deadLetterTopic = this.deadLetters.topicFor(topic);
            trace.searches.add(this.search.find(deadLetterTopic, eventId, from, SEARCH_TIMEOUT));
        }
        return explain(trace);
    }

    private static Instant from(UUID eventId, @Nullable Instant since) {
        return (since != null)
                ? since
                : EventIds.timeOf(eventId)
                        .map(time -> time.minus(MARGIN))
                        .orElseThrow(() -> new IllegalArgumentException("since is needed to search a topic for "
                                + eventId + ": only ids of version 7 carry the" + " time from which on to search"));
    }

    private Trace trace(UUID eventId) {
        Trace trace = new Trace(eventId);
        EventsUnderWay events = this.underWay.getIfAvailable();
        trace.underWay = (events == null) ? null : events.find(eventId);
        FailedEvents rows = this.stored.getIfAvailable();
        try {
            trace.rows = (rows == null) ? List.of() : rows.findByEventId(eventId);
        } catch (DataAccessException ex) {
            trace.databaseError = ex.toString();
        }
        return trace;
    }

    private EventExplanation explain(Trace trace) {
        State state = state(trace);
        return new EventExplanation(
                trace.eventId,
                state,
                this.text.why(state, trace, this.deadLetters),
                trace.underWay,
                trace.rows,
                trace.searches,
                trace.databaseError);
    }

    private State state(Trace trace) {
        if (trace.underWay != null) {
            return switch (trace.underWay.state()) {
                case IN_FLIGHT -> State.IN_FLIGHT;
                case PARKED -> State.PARKED;
                case BEING_STORED -> State.BEING_STORED;
            };
        }
        if (!trace.rows.isEmpty()) {
            return switch (trace.rows.get(0).status()) {
                case PENDING -> State.STORED;
                case RESOLVED -> State.SENT;
                case DLQ -> State.DEAD_LETTERED;
                case DLQ_FAILED -> State.DEAD_LETTER_REFUSED;
            };
        }
        RecordSearch.Result found = trace.found();
        if (found == null) {
            return State.UNKNOWN;
        }
        return this.deadLetters.isDeadLetterTopic(found.topic()) ? State.DEAD_LETTERED : State.SENT;
    }

    /**
     * Looks for an event in a topic, as {@link RecordSearch#find} does.
     */
    @FunctionalInterface
    interface TopicSearch {

        RecordSearch.Result find(String topic, UUID eventId, Instant from, Duration timeout);
    }

    /**
     * What was found out so far.
     */
    static final class Trace {

        final UUID eventId;

        @Nullable
        EventUnderWay underWay;

        List<FailedEventView> rows = List.of();

        final List<RecordSearch.Result> searches = new ArrayList<>();

        @Nullable
        String databaseError;

        Trace(UUID eventId) {
            this.eventId = eventId;
        }

        /**
         * Returns the first search that found it: the topic comes before its dead-letter topic.
         */
        RecordSearch.@Nullable Result found() {
            return this.searches.stream()
                    .filter(result -> result.found() != null)
                    .findFirst()
                    .orElse(null);
        }
    }
}
