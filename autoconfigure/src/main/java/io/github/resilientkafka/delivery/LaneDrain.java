package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Empties the lanes of one lease: read, send, settle, in batches. Where Kafka answers slowly, a batch is read while its
 * predecessor is in flight, but sent only after all answers to it: two in flight would break the order of a key when the
 * first one fails.
 * <p>
 * Every read starts from the lanes' first pending row, without what is in flight, so that a row which becomes visible late
 * is still sent before its successors (rule R7 of the gate).
 */
final class LaneDrain {

    private static final Logger logger = LoggerFactory.getLogger(LaneDrain.class);

    private static final Duration FAST_ANSWERS = Duration.ofMillis(10);

    private static final RelayBatch NOTHING = new RelayBatch(List.of(), Set.of());

    private final RelayContext relay;

    private final LeasedLanes lanes;

    private final FailedSends failedSends;

    private final IdWindow window;

    private boolean answersAreSlow;

    LaneDrain(RelayContext relay, LeasedLanes lanes) {
        this.relay = relay;
        this.lanes = lanes;
        this.window =
                new IdWindow(relay.properties().batchSize(), lanes.leases().size());
        this.failedSends = new FailedSends(relay);
    }

    /**
     * Sends and settles due pending rows until there are none, the lanes' turn is over, the circuit refuses, or the lanes
     * are lost.
     */
    void drainPending() throws InterruptedException {
        RelayBatch batch = readBehind(NOTHING);
        while (!batch.isEmpty() && this.lanes.isRunning()) {
            ProducerSession session = this.relay.sessions().current();
            if (session == null) {
                return;
            }
            batch.send(this.relay, session, this.lanes.sendUntilNanos());
            RelayBatch ahead = isWorthReadingAhead(batch) ? readAhead(batch) : null;
            this.lanes.advance();
            this.answersAreSlow = isSlow(batch, ahead != null);
            await(batch, session);
            if (!settle(batch, session) || batch.cameToNothing() || isRefused(batch) || this.lanes.isTurnOver()) {
                return;
            }
            boolean readAgain = this.lanes.shareWithOthers() || !batch.isClean();
            batch = (ahead == null || readAgain) ? readBehind(NOTHING) : ahead;
        }
    }

    /**
     * Lanes are of different length and each gives its share only, so a batch that is far from full may have a successor.
     * While Kafka answers fast, to read ahead only costs: what is in flight is looked at once more.
     */
    private boolean isWorthReadingAhead(RelayBatch batch) {
        return this.answersAreSlow
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
    private @Nullable RelayBatch readAhead(RelayBatch inFlight) {
        try {
            return readBehind(inFlight);
        } catch (RuntimeException ex) {
            logger.debug("Reading ahead failed", ex);
            return null;
        }
    }

    private boolean isRefused(RelayBatch batch) {
        return batch.wasRefused() && !this.relay.circuit().isClosed();
    }

    /**
     * Reads what comes next, leaving out what is in flight and what has to wait.
     */
    private RelayBatch readBehind(RelayBatch inFlight) {
        holdLeaderlessPartitions();
        PartitionHolds.Held held = this.relay.holds().held();
        Set<Long> without = new HashSet<>(inFlight.ids());
        without.addAll(held.rows());
        boolean anywhere = this.window.isOpen();
        List<StoredEvent> rows = this.window.take(read(without));
        if (!anywhere && this.window.isOpen()) {
            anywhere = true;
            rows = this.window.take(read(without));
        }
        if (anywhere) {
            Set<Integer> busy = new HashSet<>();
            rows.forEach(row -> busy.add(row.lane()));
            inFlight.rows().forEach(row -> busy.add(row.lane()));
            this.lanes.keepOnly(busy);
        }
        return new RelayBatch(rows, held.partitions());
    }

    /**
     * Within a window a lane may have up to twice its share.
     */
    private List<StoredEvent> read(Set<Long> without) {
        int batchSize = this.relay.properties().batchSize();
        return this.relay
                .store()
                .read(
                        this.lanes.leases(),
                        EventStatus.PENDING,
                        this.relay.clock().instant(),
                        this.window.isOpen() ? batchSize : 2 * batchSize,
                        without,
                        this.window.end());
    }

    private void holdLeaderlessPartitions() {
        PartitionHolds holds = this.relay.holds();
        for (TopicPartition partition : holds.over()) {
            if (this.relay.probe().isLeaderless(partition)) {
                holds.prolong(partition);
            }
        }
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
        for (RelayedRow row : batch.sent()) {
            if (row.isAcked()) {
                this.relay.holds().release(row.partition());
                this.relay.refusedTopics().forget(row.topic());
            }
        }
        List<RelayedRow> failed = batch.failed();
        if (failed.isEmpty()) {
            return true;
        }
        List<FailedAttempt> attempts = this.failedSends.decide(failed, session, this.lanes.sendUntilNanos());
        return attempts.isEmpty() || this.lanes.settleFailures(attempts, session);
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
                String error = row.errorType() + ((row.errorMessage() == null) ? "" : ": " + row.errorMessage());
                batch.add(row, row.failureKind(), error, row.attempts());
            }
            List<FailedAttempt> outcomes = batch.send(session, this.lanes.sendUntilNanos());
            if (!outcomes.isEmpty()) {
                this.lanes.settleFailures(outcomes, session);
            }
        }
    }
}
