package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.LaneLease;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Empties the lanes of one lease: read, send, settle, in batches. A batch is read while its predecessor is in flight,
 * but sent only after all answers to it: two in flight would break the order of a key when the first one fails.
 * <p>
 * Every read starts from the lanes' beginning, without what is in flight, so that a row which becomes visible late is
 * still sent before its successors (rule R7 of the gate).
 */
final class LaneDrain {

    private static final Logger logger = LoggerFactory.getLogger(LaneDrain.class);

    private static final long SETTLE_PAUSE_MILLIS = 500;

    private static final RelayBatch NOTHING = new RelayBatch(List.of());

    private final RelayContext relay;

    private final String owner;

    private final BooleanSupplier running;

    private List<LaneLease> leases;

    private long leasedNanos;

    private boolean progressed;

    /**
     * Creates a drain.
     * @param leasedNanos a value of {@link System#nanoTime()} from before the lease was taken
     */
    LaneDrain(RelayContext relay, String owner, BooleanSupplier running, List<LaneLease> leases, long leasedNanos) {
        this.relay = relay;
        this.owner = owner;
        this.running = running;
        this.leases = leases;
        this.leasedNanos = leasedNanos;
    }

    /**
     * Sends and settles due pending rows until there are none, the circuit refuses, or the lanes are lost.
     * @return whether anything was settled
     */
    boolean drainPending() throws InterruptedException {
        RelayBatch batch = read(EventStatus.PENDING, NOTHING);
        while (!batch.isEmpty() && this.running.getAsBoolean()) {
            ProducerSession session = this.relay.sessions().current();
            if (session == null) {
                break;
            }
            batch.send(session, this.relay.circuit(), sendUntil(), row -> mayGo(session, row), RelayedRow::new);
            RelayBatch ahead = isFull(batch) ? read(EventStatus.PENDING, batch) : null;
            await(batch, session);
            List<StoredEvent> acked = batch.acked();
            if (!settle(acked, session)) {
                break;
            }
            acked(batch);
            List<RelayedRow> failed = batch.failed();
            boolean settledFailures = !failed.isEmpty() && settleFailures(failed, session);
            if (acked.isEmpty() && !settledFailures
                    || batch.wasRefused() && !this.relay.circuit().isClosed()) {
                break;
            }
            batch = (ahead != null && failed.isEmpty() && !batch.wasRefused())
                    ? ahead
                    : read(EventStatus.PENDING, NOTHING);
        }
        return this.progressed;
    }

    /**
     * Tries once more to bring rows to dead-letter topics that refused them.
     * @return whether anything was settled
     */
    boolean drainRefusedDeadLetters() throws InterruptedException {
        ProducerSession session = this.relay.sessions().current();
        List<StoredEvent> rows = this.relay
                .store()
                .read(
                        this.leases,
                        EventStatus.DLQ_FAILED,
                        this.relay.clock().instant(),
                        this.relay.properties().batchSize(),
                        List.of());
        if (session != null && !rows.isEmpty()) {
            DeadLetterBatch batch = new DeadLetterBatch(this.relay, EventStatus.DLQ_FAILED);
            rows.forEach(row -> batch.add(row, row.failureKind(), error(row), row.attempts()));
            noteAttempts(batch.send(session, sendUntil()), session);
        }
        return this.progressed;
    }

    private static String error(StoredEvent row) {
        return row.errorType() + ((row.errorMessage() == null) ? "" : ": " + row.errorMessage());
    }

    private boolean isFull(RelayBatch batch) {
        return batch.size() >= this.relay.properties().batchSize()
                && this.relay.circuit().isClosed();
    }

    private RelayBatch read(EventStatus status, RelayBatch inFlight) {
        Set<Long> without = new HashSet<>(inFlight.ids());
        without.addAll(this.relay.holds().waitingRows());
        List<StoredEvent> rows = this.relay
                .store()
                .read(
                        this.leases,
                        status,
                        this.relay.clock().instant(),
                        this.relay.properties().batchSize(),
                        without);
        releaseEmptyLanes(rows, inFlight.rows());
        return new RelayBatch(rows);
    }

    /**
     * Every leased lane gets the same share of a batch: one that has nothing left would only make the others slow.
     */
    private void releaseEmptyLanes(List<StoredEvent> read, List<StoredEvent> inFlight) {
        Set<Integer> busy = new HashSet<>();
        read.forEach(row -> busy.add(row.lane()));
        inFlight.forEach(row -> busy.add(row.lane()));
        List<LaneLease> empty = this.leases.stream()
                .filter(lease -> !busy.contains(lease.lane()))
                .toList();
        if (!empty.isEmpty() && !busy.isEmpty()) {
            this.relay.store().release(this.owner, empty);
            this.leases = this.leases.stream()
                    .filter(lease -> busy.contains(lease.lane()))
                    .toList();
        }
    }

    private boolean mayGo(ProducerSession session, StoredEvent row) {
        return !this.relay.holds().holds(partitionOf(session, row), row);
    }

    private @Nullable TopicPartition partitionOf(ProducerSession session, StoredEvent row) {
        if (this.relay.holds().isEmpty()) {
            return null;
        }
        if (row.partition() != null) {
            return new TopicPartition(row.topic(), row.partition());
        }
        if (row.key() == null) {
            return null;
        }
        try {
            return new TopicPartition(row.topic(), session.partitionFor(row.topic(), row.key()));
        } catch (KafkaException ex) {
            return new TopicPartition(row.topic(), -1);
        }
    }

    private void await(RelayBatch batch, ProducerSession session) throws InterruptedException {
        Duration limit = this.relay.deliveryTimeout().multipliedBy(2);
        if (!batch.await(limit)) {
            logger.error("No answer for a batch within {}: the relay's producer is given up", limit);
            this.relay.sessions().abandon(session);
            batch.await(limit);
        }
    }

    private void acked(RelayBatch batch) {
        int acked = 0;
        for (RelayedRow row : batch.sent()) {
            if (row.isAcked()) {
                acked++;
                this.relay.holds().release(row.partition());
                this.relay.refusedTopics().forget(row.topic());
            }
        }
        if (acked > 0) {
            this.relay.observer().retrySucceeded(acked);
        }
    }

    /**
     * Decides about rows that Kafka did not take.
     * @return whether anything changed for them in the database
     */
    private boolean settleFailures(List<RelayedRow> failed, ProducerSession session) throws InterruptedException {
        Instant now = this.relay.clock().instant();
        List<FailedAttempt> attempts = new ArrayList<>();
        DeadLetterBatch dead = new DeadLetterBatch(this.relay, EventStatus.PENDING);
        for (RelayedRow send : failed) {
            FailureKind kind = send.failureKind();
            Throwable error = send.error();
            if (kind == null || error == null) {
                continue;
            }
            if (kind == FailureKind.OUTAGE) {
                if (this.relay.circuit().isClosed()) {
                    this.relay.holds().hold(send.partition(), send.row());
                }
                continue;
            }
            int tries = send.row().attempts() + 1;
            if (tries < this.relay.properties().maxAttempts()) {
                attempts.add(failedAttempt(
                        send.row(),
                        EventStatus.PENDING,
                        tries,
                        this.relay.schedule().afterFailure(tries, now),
                        kind,
                        error));
            } else if (this.relay.deadLetters().isDeadLetterTopic(send.row().topic())) {
                attempts.add(failedAttempt(
                        send.row(),
                        EventStatus.DLQ_FAILED,
                        tries,
                        this.relay.schedule().afterRefusedDeadLetter(now),
                        kind,
                        error));
            } else {
                dead.add(send.row(), kind, error.toString(), tries);
            }
        }
        this.relay.observer().retryFailed(attempts.size() + dead.size());
        attempts.addAll(dead.send(session, sendUntil()));
        return noteAttempts(attempts, session);
    }

    private static FailedAttempt failedAttempt(
            StoredEvent row, EventStatus to, int attempts, Instant next, FailureKind kind, Throwable error) {
        return new FailedAttempt(
                row.id(),
                row.lane(),
                EventStatus.PENDING,
                to,
                attempts,
                next,
                kind,
                error.getClass().getName(),
                error.getMessage());
    }

    private boolean settle(List<StoredEvent> acked, ProducerSession session) throws InterruptedException {
        return fenced(acked.size(), session, () -> this.relay
                .store()
                .settle(
                        this.owner,
                        this.leases,
                        acked.stream().filter(row -> owns(row.lane())).toList(),
                        this.relay.clock().instant(),
                        this.relay.properties().lease()));
    }

    private boolean noteAttempts(List<FailedAttempt> attempts, ProducerSession session) throws InterruptedException {
        return !attempts.isEmpty()
                && fenced(attempts.size(), session, () -> this.relay
                        .store()
                        .settleFailures(
                                this.owner,
                                this.leases,
                                attempts.stream()
                                        .filter(attempt -> owns(attempt.lane()))
                                        .toList(),
                                this.relay.clock().instant(),
                                this.relay.properties().lease()));
    }

    /**
     * Carries out a settle. If the lanes are no longer all ours, the producer is given up, so that nothing it still
     * holds is sent, and what is still ours is settled.
     * @return whether all lanes are still ours
     */
    private boolean fenced(int rows, ProducerSession session, BooleanSupplier settle) throws InterruptedException {
        long before = System.nanoTime();
        if (trySettle(settle)) {
            this.leasedNanos = before;
            this.progressed |= rows > 0;
            return true;
        }
        logger.warn(
                "{} has lost lanes to another instance: its lease ({}) was over",
                this.owner,
                this.relay.properties().lease());
        this.relay.sessions().abandon(session);
        this.leases = this.relay.store().stillOwned(this.owner, this.leases);
        if (!this.leases.isEmpty()) {
            trySettle(settle);
        }
        return false;
    }

    /**
     * What Kafka has acknowledged and the database does not know would be sent again: a passing fault is worth waiting
     * for as long as the lease lasts.
     */
    private boolean trySettle(BooleanSupplier settle) throws InterruptedException {
        while (true) {
            try {
                return settle.getAsBoolean();
            } catch (DataAccessException ex) {
                if (System.nanoTime() - sendUntil() >= 0 || !this.running.getAsBoolean()) {
                    throw ex;
                }
                logger.warn("Settling failed and is tried again: {}", ex.toString());
                TimeUnit.MILLISECONDS.sleep(SETTLE_PAUSE_MILLIS);
            }
        }
    }

    private boolean owns(int lane) {
        return this.leases.stream().anyMatch(lease -> lease.lane() == lane);
    }

    /**
     * The last moment to send: what is sent by then has been answered before the lease is over.
     */
    private long sendUntil() {
        Duration lease = this.relay.properties().lease();
        return this.leasedNanos
                + lease.minus(this.relay.deliveryTimeout())
                        .minus(lease.dividedBy(10))
                        .toNanos();
    }

    List<LaneLease> leases() {
        return this.leases;
    }
}
