package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.EventExplanation.State;
import io.github.resilientkafka.delivery.EventTracer.Trace;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventUnderWay;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.FailedEventView;
import java.util.stream.Collectors;
import org.springframework.beans.factory.ObjectProvider;

/**
 * An explanation in words: what is known, and of what is not known, why.
 */
final class ExplanationText {

    private final ObjectProvider<WaitingReason> waitingReason;

    private final boolean storing;

    private final String namespace;

    /**
     * Creates the texts.
     * @param waitingReason what rows wait for, where events are stored
     * @param storing whether this application stores events
     * @param namespace under which name
     */
    ExplanationText(ObjectProvider<WaitingReason> waitingReason, boolean storing, String namespace) {
        this.waitingReason = waitingReason;
        this.storing = storing;
        this.namespace = namespace;
    }

    String why(State state, Trace trace, DeadLetters deadLetters) {
        StringBuilder why = new StringBuilder();
        if (trace.underWay != null) {
            why.append(underWay(trace.underWay));
        } else if (!trace.rows.isEmpty()) {
            why.append(row(trace.rows.get(0), deadLetters));
        }
        if (trace.rows.size() > 1) {
            why.append(" There are ").append(trace.rows.size()).append(" rows of it; this is about the newest.");
        }
        String searches = trace.searches.stream().map(this::search).collect(Collectors.joining());
        if (state == State.UNKNOWN) {
            why.append(unknown(trace));
        }
        why.append(searches);
        if (trace.databaseError != null) {
            why.append(" The database could not be asked: ")
                    .append(trace.databaseError)
                    .append('.');
        }
        return why.toString().strip();
    }

    private static String underWay(EventUnderWay event) {
        String where =
                switch (event.state()) {
                    case IN_FLIGHT -> "Kafka's client has had it for %s and has not answered yet";
                    case PARKED -> "It has been in this instance's memory for %s, behind predecessors of its lane";
                    case BEING_STORED -> "It was accepted %s ago and is being written to the database";
                };
        String reason = event.reason();
        return where.formatted(event.age()) + ((reason == null) ? "." : ": " + reason + ".");
    }

    private String row(FailedEventView row, DeadLetters deadLetters) {
        return switch (row.status()) {
            case PENDING -> pending(row);
            case RESOLVED ->
                "Kafka did not take it at once (" + WaitingReason.lastError(row) + "), so it was stored; Kafka"
                        + " acknowledged it at " + row.resolvedAt() + ".";
            case DLQ ->
                "It was dead-lettered to " + deadLetters.topicFor(row.topic()) + " at " + row.resolvedAt() + " after "
                        + row.attempts() + " failed retries (" + WaitingReason.lastError(row) + "); it can be replayed"
                        + " until its row is purged.";
            case DLQ_FAILED ->
                "Its dead-letter topic refused it as well (" + WaitingReason.lastError(row) + "): it is in the database"
                        + " only and is tried again at " + row.nextAttemptAt() + ".";
        };
    }

    private String pending(FailedEventView row) {
        WaitingReason reason = this.waitingReason.getIfAvailable();
        return "It is stored since " + row.createdAt() + " because Kafka did not take it ("
                + WaitingReason.lastError(row) + "), after " + row.attempts() + " failed retries; "
                + ((reason == null) ? "another instance has to bring it back" : reason.of(row)) + ".";
    }

    private String unknown(Trace trace) {
        String nowhere = "It is not under way in this instance"
                + (this.storing && trace.databaseError == null
                        ? ", and the database has no row of it under the name '" + this.namespace + "'."
                        : ".");
        return trace.searches.isEmpty()
                ? nowhere
                        + " What Kafka takes at once leaves no trace here: name its topic to search Kafka itself. It may"
                        + " also be under way in another instance, have been purged, or never have been published."
                : nowhere;
    }

    private String search(RecordSearch.Result search) {
        RecordSearch.Position found = search.found();
        if (found != null) {
            return " Topic " + search.topic() + " has it in partition " + found.partition() + " at offset "
                    + found.offset() + ".";
        }
        String looked = " Topic " + search.topic() + " was searched from " + search.from() + ", " + search.records()
                + " records: not found";
        String problem = search.problem();
        return looked + ((problem == null) ? "." : ", but not to its end: " + problem + ".");
    }
}
