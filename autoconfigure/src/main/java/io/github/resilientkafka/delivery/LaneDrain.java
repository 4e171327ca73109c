package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empties the lanes of one lease: read, send, settle. One read brings the rows of several batches. A batch is sent only after
 * its predecessor was answered and settled: two in flight would break the order of a key when the first one fails, and
 * after a failure nothing that was read with it is sent. Where Kafka answers slowly, the next read happens while the last
 * batch of the one before is in flight.
 */
final class LaneDrain {

    private static final Logger logger = LoggerFactory.getLogger(LaneDrain.class);

    private static final Duration FAST_ANSWERS = Duration.ofMillis(10);

    private final RelayContext relay;

    private final LeasedLanes lanes;

    private final LaneReader reader;

    private final FailedSends failedSends;

    private @Nullable FirstRows firstRows;

    private boolean answersAreSlow;

    LaneDrain(RelayContext relay, LeasedLanes lanes) {
        this.relay = relay;
        this.lanes = lanes;
        this.reader = new LaneReader(relay, lanes);
        this.failedSends = new FailedSends(relay);
    }

    /**
     * Sends and settles due pending rows until there are none, the lanes' turn is over, the circuit refuses, or the lanes
     * are lost.
     */
    void drainPending() throws InterruptedException {
        LaneRows rows = this.reader.read(List.of());
        while (rows.hasNext() && this.lanes.isRunning()) {
            ProducerSession session = this.relay.sessions().current();
            if (session == null) {
                return;
            }
            RelayBatch batch = null;
            LaneRows ahead = null;
            while (rows.hasNext() && (batch == null || mayBeFollowed(batch, session))) {
                batch = rows.next();
                batch.send(this.relay, session, firstRows(session), this.lanes.sendUntilNanos());
                ahead = isWorthReadingAhead(batch, rows) ? readAhead(batch) : null;
                this.lanes.advance();
                this.answersAreSlow = isSlow(batch, ahead != null);
                await(batch, session);
                if (!settle(batch, session) || batch.cameToNothing() || isRefused(batch) || this.lanes.isTurnOver()) {
                    return;
                }
            }
            boolean clean = batch != null && batch.isClean();
            if (!clean || !rows.hasNext()) {
                this.reader.wereDelivered(clean);
            }
            boolean readAgain = this.lanes.shareWithOthers() || !clean;
            rows = (ahead == null || readAgain) ? this.reader.read(List.of()) : ahead;
        }
    }

    private FirstRows firstRows(ProducerSession session) {
        FirstRows known = this.firstRows;
        if (known == null || !known.areSentBy(session)) {
            known = new FirstRows(session);
            this.firstRows = known;
        }
        return known;
    }

    /**
     * Returns whether the next rows of the same read may be sent: they were read behind this batch, so all of it must have
     * been delivered, and others may wait for lanes.
     */
    private boolean mayBeFollowed(RelayBatch batch, ProducerSession session) {
        return batch.isClean()
                && this.lanes.isRunning()
                && this.relay.circuit().isClosed()
                && !session.isEnding()
                && !this.lanes.areWantedByOthers();
    }

    /**
     * Lanes are of different length and each gives its share only, so a batch that is far from full may have a successor.
     * While Kafka answers fast, to read ahead only costs: what is in flight is looked at once more.
     */
    private boolean isWorthReadingAhead(RelayBatch batch, LaneRows rows) {
        return this.answersAreSlow
                && !rows.hasNext()
                && batch.size() * 4 >= this.relay.properties().batchSize()
                && this.relay.circuit().isClosed();
    }

    /**
     * Returns whether the answers to a batch take longer than reading the next one, or would.
     */
    private static boolean isSlow(RelayBatch batch, boolean hasReadAhead) throws InterruptedException {
        return !batch.await(hasReadAhead ? Duration.ZERO : FAST_ANSWERS);
    }

    /**
     * Whatever happens here, the batch in flight must be waited for and settled.
     */
    private @Nullable LaneRows readAhead(RelayBatch inFlight) {
        try {
            return this.reader.read(inFlight.rows());
        } catch (RuntimeException ex) {
            logger.debug("Reading ahead failed", ex);
            return null;
        }
    }

    private boolean isRefused(RelayBatch batch) {
        return batch.wasRefused() && !this.relay.circuit().isClosed();
    }

    private void await(RelayBatch batch, ProducerSession session) throws InterruptedException {
        Duration limit = this.relay.deliveryTimeout().multipliedBy(2);
        if (!batch.await(limit)) {
            logger.error("No answer for a batch within {}: the relay's producer is given up", limit);
            this.relay.sessions().abandon(session, new IllegalStateException("Kafka's client gave no answer in time"));
            batch.await(limit);
        }
    }

    /**
     * Writes down what became of a batch.
     * @return whether all lanes are still ours
     */
    private boolean settle(RelayBatch batch, ProducerSession session) throws InterruptedException {
        List<StoredEvent> acked = batch.acked();
        if (!this.lanes.settle(acked, session)) {
            return false;
        }
        if (!acked.isEmpty()) {
            this.relay.observer().retrySucceeded(acked.size());
        }
        if (!this.relay.holds().isEmpty() || !this.relay.refusedTopics().isEmpty()) {
            forgetWhatKeptFromSending(batch);
        }
        List<RelayedRow> failed = batch.failed();
        if (failed.isEmpty()) {
            return true;
        }
        List<FailedAttempt> attempts = this.failedSends.decide(failed, session, this.lanes.sendUntilNanos());
        return attempts.isEmpty() || this.lanes.settleFailures(attempts, session);
    }

    private void forgetWhatKeptFromSending(RelayBatch batch) {
        for (RelayedRow row : batch.sent()) {
            if (row.isAcked()) {
                this.relay.holds().release(row.partition());
                this.relay.refusedTopics().forget(row.topic());
            }
        }
    }

    /**
     * Tries once more to bring rows to dead-letter topics that refused them.
     */
    void drainRefusedDeadLetters() throws InterruptedException {
        ProducerSession session = this.relay.sessions().current();
        List<StoredEvent> rows = this.relay
                .store()
                .read(
                        this.lanes.leases(),
                        EventStatus.DLQ_FAILED,
                        this.relay.clock().instant(),
                        this.relay.properties().batchSize(),
                        List.of());
        if (session != null && !rows.isEmpty()) {
            DeadLetterBatch batch = new DeadLetterBatch(this.relay, EventStatus.DLQ_FAILED);
            for (StoredEvent row : rows) {
                batch.add(row, row.failureKind(), row.errorType(), errorOf(row), row.attempts());
            }
            List<FailedAttempt> outcomes = batch.send(session, this.lanes.sendUntilNanos());
            if (!outcomes.isEmpty()) {
                this.lanes.settleFailures(outcomes, session);
            }
        }
    }

    private static String errorOf(StoredEvent row) {
        String type = row.errorType();
        String message = row.errorMessage();
        if (message == null) {
            return type;
        }
        return message.startsWith(type) ? message : type + ": " + message;
    }
}
