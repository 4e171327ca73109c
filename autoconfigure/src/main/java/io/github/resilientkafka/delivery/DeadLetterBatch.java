package io.github.resilientkafka.delivery;

import io.github.resilientkafka.lifecycle.EventDeadLettered;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows that are to be dead-lettered together. Used by one worker.
 */
final class DeadLetterBatch {

    private static final Logger logger = LoggerFactory.getLogger(DeadLetterBatch.class);

    private final RelayContext relay;

    private final EventStatus from;

    private final List<StoredEvent> rows = new ArrayList<>();

    private final Map<Long, Reason> reasons = new HashMap<>();

    private record Reason(FailureKind kind, String errorType, String error, int attempts) {}

    /**
     * Creates a batch.
     * @param from the status the rows were read with
     */
    DeadLetterBatch(RelayContext relay, EventStatus from) {
        this.relay = relay;
        this.from = from;
    }

    void add(StoredEvent row, FailureKind kind, String errorType, String error, int attempts) {
        this.rows.add(row);
        this.reasons.put(row.id(), new Reason(kind, errorType, error, attempts));
    }

    int size() {
        return this.rows.size();
    }

    /**
     * Sends the rows to their dead-letter topics and waits for the answers.
     * @return what became of them; rows that met an outage are not in it: they stay as they are
     */
    List<FailedAttempt> send(ProducerSession session, long untilNanos) throws InterruptedException {
        if (this.rows.isEmpty()) {
            return List.of();
        }
        this.rows.stream()
                .map(StoredEvent::topic)
                .filter(topic -> !this.relay.deadLetters().isDeadLetterTopic(topic))
                .filter(topic -> this.relay.deadLetters().obstacle(topic) == null)
                .distinct()
                .forEach(this.relay.deadLetters()::ensureTopicFor);
        RelayBatch batch = new RelayBatch(this.rows, PartitionHolds.Held.NOTHING) {

            @Override
            RelayedRow sendOf(StoredEvent row, CountDownLatch answered) {
                Reason reason = reason(row);
                return new DeadLetterRow(
                        row, answered, topicFor(row), reason.kind(), reason.error(), reason.attempts());
            }

            /** Dead letters have no order among themselves. */
            @Override
            @Nullable
            TopicPartition unopenedPartitionOf(StoredEvent row, FirstRows firstRows) {
                return null;
            }

            @Override
            boolean mustWait(PartitionHolds holds, ProducerSession session, StoredEvent row) {
                return false;
            }
        };
        batch.send(this.relay, session, new FirstRows(session), untilNanos);
        if (!batch.await(this.relay.deliveryTimeout().multipliedBy(2))) {
            this.relay.sessions().abandon(session, new IllegalStateException("Kafka's client gave no answer in time"));
            return List.of();
        }
        List<FailedAttempt> outcomes = new ArrayList<>();
        for (RelayedRow send : batch.sent()) {
            if (send.isAcked()) {
                outcomes.add(deadLettered(send));
            } else if (send.isOutageOfItsOwn()) {
                this.relay.holds().hold(send.partition(), send.row());
            } else if (send.failureKind() != null && send.failureKind() != FailureKind.OUTAGE) {
                outcomes.add(refused(send));
            }
        }
        return outcomes;
    }

    private Reason reason(StoredEvent row) {
        Reason reason = this.reasons.get(row.id());
        if (reason == null) {
            throw new IllegalStateException("Row " + row.id() + " was never added");
        }
        return reason;
    }

    /**
     * A record that was meant for a dead-letter topic has no other place to go.
     */
    private String topicFor(StoredEvent row) {
        DeadLetters deadLetters = this.relay.deadLetters();
        return deadLetters.isDeadLetterTopic(row.topic()) ? row.topic() : deadLetters.topicFor(row.topic());
    }

    private FailedAttempt deadLettered(RelayedRow send) {
        StoredEvent row = send.row();
        Reason reason = reason(row);
        logger.warn(
                "Event {} of topic {} was dead-lettered to {} after {} failed retries: {}",
                row.eventId(),
                row.topic(),
                topicFor(row),
                reason.attempts(),
                reason.error());
        this.relay.observer().deadLettered(1);
        announce(row, true, reason.error());
        return outcome(row, EventStatus.DLQ, reason, reason.errorType(), reason.error());
    }

    private FailedAttempt refused(RelayedRow send) {
        StoredEvent row = send.row();
        Throwable error = send.error();
        String refusal = refusal(row.topic(), error);
        logger.error(
                "Event {} of topic {} is refused by its dead-letter topic {} too and stays in the database: {}",
                row.eventId(),
                row.topic(),
                topicFor(row),
                refusal);
        this.relay.deadLetters().forget(topicFor(row));
        announce(row, false, refusal);
        Reason reason = reason(row);
        String type = (error == null) ? reason.errorType() : error.getClass().getName();
        return outcome(row, EventStatus.DLQ_FAILED, reason, type, refusal);
    }

    private String refusal(String topic, @Nullable Throwable error) {
        DeadLetters deadLetters = this.relay.deadLetters();
        String obstacle = deadLetters.isDeadLetterTopic(topic) ? null : deadLetters.obstacle(topic);
        return (obstacle == null) ? String.valueOf(error) : obstacle + " (" + error + ")";
    }

    private void announce(StoredEvent row, boolean durable, String reason) {
        this.relay
                .notifier()
                .publish(new EventDeadLettered(
                        this.relay.clock().instant(), row.topic(), row.eventId(), topicFor(row), durable, reason));
    }

    private FailedAttempt outcome(StoredEvent row, EventStatus to, Reason reason, String errorType, String message) {
        Instant now = this.relay.clock().instant();
        return new FailedAttempt(
                row.id(),
                row.lane(),
                this.from,
                row.attempts(),
                to,
                reason.attempts(),
                this.relay.schedule().afterRefusedDeadLetter(now),
                reason.kind(),
                errorType,
                message);
    }
}
