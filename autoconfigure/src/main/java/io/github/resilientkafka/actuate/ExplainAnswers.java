package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.EventAnswers.Row;
import io.github.resilientkafka.delivery.EventExplainer;
import io.github.resilientkafka.delivery.EventExplanation;
import io.github.resilientkafka.publisher.EventUnderWay;
import io.github.resilientkafka.publisher.RecordSearch;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * How the {@code kafkaevents} endpoint explains an event.
 */
final class ExplainAnswers {

    private ExplainAnswers() {}

    /**
     * Asks for an event.
     * @param id the event's id as it came
     * @param topic where to search Kafka for it, or null
     * @param since from when on, as an instant or as a duration until now, or null
     */
    static Explanation explain(
            EventExplainer explainer, String id, @Nullable String topic, @Nullable String since, Clock clock) {
        UUID eventId = EventQuery.uuid("eventId", id);
        Instant from = EventQuery.since("since", since, clock);
        if (topic == null || topic.isEmpty()) {
            if (from != null) {
                throw new BadRequestException("topic", "", "a topic; since says from when on to search one");
            }
            return Explanation.of(explainer.explain(eventId));
        }
        EventQuery.requireTopic("topic", topic);
        try {
            return Explanation.of(explainer.explain(eventId, topic, from));
        } catch (IllegalArgumentException ex) {
            throw new BadRequestException(
                    "since",
                    "",
                    "a time, and one is needed: " + id + " carries none itself, as ids of version 7 do; use an instant"
                            + " (2026-03-01T12:00:00Z) or a duration until now (2h)");
        }
    }

    /**
     * Where an event is, and why.
     *
     * @param eventId its id
     * @param state where it is
     * @param why the same in a sentence or two
     * @param underWay what this instance holds of it in memory, or null
     * @param rows its stored rows, newest first
     * @param searches what was searched in Kafka
     * @param databaseError why the database could not be asked, or null
     */
    record Explanation(
            UUID eventId,
            String state,
            String why,
            @Nullable UnderWay underWay,
            List<Row> rows,
            List<Search> searches,
            @Nullable String databaseError)
            implements OperationResponseBody {

        static Explanation of(EventExplanation explanation) {
            return new Explanation(
                    explanation.eventId(),
                    explanation.state().name(),
                    ErrorText.masked(explanation.why()),
                    UnderWay.of(explanation.underWay()),
                    explanation.rows().stream().map(Row::of).toList(),
                    explanation.searches().stream().map(Search::of).toList(),
                    ErrorText.ofNullable(explanation.databaseError()));
        }
    }

    /**
     * An event that is not durable yet.
     *
     * @param topic its topic
     * @param lane its lane
     * @param age how long ago it was accepted
     */
    record UnderWay(String topic, int lane, Duration age) {

        static @Nullable UnderWay of(@Nullable EventUnderWay event) {
            return (event == null) ? null : new UnderWay(event.topic(), event.lane(), event.age());
        }
    }

    /**
     * A topic that was searched.
     *
     * @param topic the topic
     * @param from from when on
     * @param records how many were looked at
     * @param complete whether that was everything up to the topic's end, or the event was found
     * @param partition where it was found, or null
     * @param offset where it was found, or null
     * @param timestamp of the record that was found, or null
     * @param problem why it is not complete, or null
     */
    record Search(
            String topic,
            Instant from,
            long records,
            boolean complete,
            @Nullable Integer partition,
            @Nullable Long offset,
            @Nullable Instant timestamp,
            @Nullable String problem) {

        static Search of(RecordSearch.Result result) {
            RecordSearch.Position found = result.found();
            return new Search(
                    result.topic(),
                    result.from(),
                    result.records(),
                    result.complete(),
                    (found == null) ? null : found.partition(),
                    (found == null) ? null : found.offset(),
                    (found == null) ? null : found.timestamp(),
                    ErrorText.ofNullable(result.problem()));
        }
    }
}
