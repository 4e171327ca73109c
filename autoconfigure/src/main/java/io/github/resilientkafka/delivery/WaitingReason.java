package io.github.resilientkafka.delivery;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.RetryProperties;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a pending row waits for, as this instance sees it, in the order in which the relay asks.
 */
final class WaitingReason {

    private final RetryProperties properties;

    private final PublisherCircuit circuit;

    private final PartitionHolds holds;

    private final Clock clock;

    WaitingReason(RetryProperties properties, PublisherCircuit circuit, PartitionHolds holds, Clock clock) {
        this.properties = properties;
        this.circuit = circuit;
        this.holds = holds;
        this.clock = clock;
    }

    /**
     * Returns what a row waits for.
     * @param row a pending row
     * @return a clause without a full stop
     */
    String of(FailedEventView row) {
        String reason = reason(row);
        return this.properties.enabled()
                ? reason
                : reason + " (another instance has to bring it back: resilient-kafka.retry.enabled is false here)";
    }

    private String reason(FailedEventView row) {
        Instant due = row.nextAttemptAt();
        if (due != null && due.isAfter(this.clock.instant())) {
            return "it is due at " + due + ", when attempt " + (row.attempts() + 1) + " of "
                    + this.properties.maxAttempts() + " is made before it is dead-lettered";
        }
        if (this.circuit.isOpen()) {
            return "it waits for the circuit to Kafka, which is " + this.circuit.state() + because();
        }
        if (this.holds.held().rows().contains(row.id())) {
            return "it waits for its partition, which does not take records at the moment although Kafka answers";
        }
        if (this.circuit.state() == State.HALF_OPEN) {
            return "it waits for its turn among the trial sends of the half-open circuit";
        }
        return "it is due and waits for its turn, behind " + predecessors(row)
                + " of its lane; due events are looked for" + " every " + this.properties.interval() + " at least";
    }

    private String because() {
        Throwable outage = this.circuit.lastOutage();
        return (outage == null) ? "" : " (" + outage + ")";
    }

    private static String predecessors(FailedEventView row) {
        return (row.failureKind() == FailureKind.OUTAGE) ? "the events stored before it" : "what is due before it";
    }

    /**
     * Returns the last error of a row as a clause.
     */
    static String lastError(FailedEventView row) {
        @Nullable String message = row.errorMessage();
        return row.failureKind() + ", " + row.errorType() + ((message == null) ? "" : ": " + message);
    }
}
