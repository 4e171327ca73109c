package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.EventUnderWay;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.FailedEventView;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where an event is, and why.
 *
 * @param eventId the event's id
 * @param state where it is
 * @param why the same in a sentence or two, for people
 * @param underWay what this instance holds of it in memory, or null
 * @param rows its rows in {@code failed_kafka_events}, newest first, without payload; usually one or none
 * @param searches what was searched for it in Kafka: empty unless a topic was named
 * @param databaseError why the database could not be asked, or null
 */
public record EventExplanation(
        UUID eventId,
        State state,
        String why,
        @Nullable EventUnderWay underWay,
        List<FailedEventView> rows,
        List<RecordSearch.Result> searches,
        @Nullable String databaseError) {

    public EventExplanation {
        rows = List.copyOf(rows);
        searches = List.copyOf(searches);
    }

    /**
     * Where an event is. The first that holds, in this order: what this instance holds in memory, what its newest row
     * says, what Kafka holds.
     */
    public enum State {

        /**
         * Handed to Kafka's client in this instance, which has not answered yet.
         */
        IN_FLIGHT,

        /**
         * In this instance's memory, behind predecessors.
         */
        PARKED,

        /**
         * On its way into the database.
         */
        BEING_STORED,

        /**
         * In the database, waiting for Kafka.
         */
        STORED,

        /**
         * Kafka has acknowledged it.
         */
        SENT,

        /**
         * Its dead-letter topic has it.
         */
        DEAD_LETTERED,

        /**
         * Its dead-letter topic refused it: it is in the database only.
         */
        DEAD_LETTER_REFUSED,

        /**
         * Found nowhere that was looked at.
         */
        UNKNOWN
    }
}
