package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.ErrorChain;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What to do about rows that Kafka did not take: hold their partition (an outage, which costs no attempt), try again
 * later, or dead-letter them in the same pass. Used by one worker.
 */
final class FailedSends {

    private final RelayContext relay;

    FailedSends(RelayContext relay) {
        this.relay = relay;
    }

    /**
     * Decides, and sends what is to be dead-lettered.
     * @param failed the rows, in order
     * @param untilNanos nothing is sent after this value of {@link System#nanoTime()}
     * @return what is to be written down; rows that met an outage are not in it: they stay as they are
     */
    List<FailedAttempt> decide(List<RelayedRow> failed, ProducerSession session, long untilNanos)
            throws InterruptedException {
        List<FailedAttempt> attempts = new ArrayList<>();
        DeadLetterBatch dead = new DeadLetterBatch(this.relay, EventStatus.PENDING);
        for (RelayedRow send : failed) {
            FailureKind kind = send.failureKind();
            Throwable error = send.error();
            if (kind == FailureKind.OUTAGE) {
                hold(send);
            } else if (kind != null && error != null) {
                decide(send.row(), kind, error, attempts, dead);
            }
        }
        this.relay.observer().retryFailed(attempts.size() + dead.size());
        attempts.addAll(dead.send(session, untilNanos));
        return attempts;
    }

    /**
     * While the circuit is closed an outage is one of this partition only; otherwise the circuit holds everything.
     */
    private void hold(RelayedRow send) {
        if (send.isOutageOfItsOwn() && this.relay.circuit().isClosed()) {
            this.relay.holds().hold(send.partition(), send.row());
        }
    }

    private void decide(
            StoredEvent row, FailureKind kind, Throwable error, List<FailedAttempt> attempts, DeadLetterBatch dead) {
        Instant now = this.relay.clock().instant();
        int tries = row.attempts() + 1;
        if (tries < this.relay.properties().maxAttempts()) {
            Instant next = this.relay.schedule().afterFailure(tries, now);
            attempts.add(attempt(row, EventStatus.PENDING, tries, next, kind, error));
        } else if (this.relay.deadLetters().isDeadLetterTopic(row.topic())) {
            Instant next = this.relay.schedule().afterRefusedDeadLetter(now);
            attempts.add(attempt(row, EventStatus.DLQ_FAILED, tries, next, kind, error));
        } else {
            dead.add(row, kind, error.getClass().getName(), ErrorChain.text(error), tries);
        }
    }

    private static FailedAttempt attempt(
            StoredEvent row, EventStatus to, int attempts, Instant next, FailureKind kind, Throwable error) {
        return new FailedAttempt(
                row.id(),
                row.lane(),
                EventStatus.PENDING,
                row.attempts(),
                to,
                attempts,
                next,
                kind,
                error.getClass().getName(),
                error.getMessage());
    }
}
