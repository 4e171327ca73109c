package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * When a stored event is due: the one rule. Immutable. Internal.
 * <p>
 * With the default back-off 1, 5, 15, 60 minutes: an event that Kafka refuses for itself is due 1 minute after it was
 * stored, 5 minutes after its first and 15 after its second failed retry; the last entry repeats, and spaces the tries
 * to bring an event to a dead-letter topic that refused it. An event that met an outage is due at once: the circuit
 * breaker decides when to try.
 *
 * @param backoff the waiting times, at least one
 */
public record RetrySchedule(List<Duration> backoff) {

    public RetrySchedule {
        backoff = List.copyOf(backoff);
    }

    /**
     * Returns when an event that is stored now is due. After an outage that is always: a fixed time in the past, so that
     * no jump of a clock, nor a difference between those of two instances, holds it back.
     * @param kind why it is stored
     * @param now the time
     * @return the time of the first retry
     */
    public Instant first(FailureKind kind, Instant now) {
        return (kind == FailureKind.OUTAGE) ? Instant.EPOCH : now.plus(backoff.get(0));
    }

    /**
     * Returns when an event is due again after a failed retry that counts.
     * @param attempts failed retries so far, this one included
     * @param now the time
     * @return the time of the next retry
     */
    public Instant afterFailure(int attempts, Instant now) {
        return now.plus(backoff.get(Math.min(attempts, backoff.size() - 1)));
    }

    /**
     * Returns when an event is due again that its dead-letter topic refused.
     * @param now the time
     * @return the time of the next try
     */
    public Instant afterRefusedDeadLetter(Instant now) {
        return now.plus(backoff.get(backoff.size() - 1));
    }
}
