package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are sent together: all asynchronously, one latch for the answers. Used by one worker.
 */
class RelayBatch {

    private final List<StoredEvent> rows;

    private final Set<TopicPartition> held;

    /** By their hashes: a key in common by chance costs a row a moment. */
    private final Set<Integer> waitingKeys;

    private final CountDownLatch answered;

    private final List<RelayedRow> sent = new ArrayList<>();

    private final Map<String, Throwable> refusedTopics = new HashMap<>();

    private boolean refused;

    private boolean readsGoPastHeld;

    private boolean stuck;

    /**
     * Creates a batch.
     * @param rows the rows, in order
     * @param held what was held when the rows were read: earlier rows of these partitions and keys may be missing here, so
     * they stay held for this batch even if their time is over meanwhile, as do those that are held while it is sent
     */
    RelayBatch(List<StoredEvent> rows, PartitionHolds.Held held) {
        this.rows = rows;
        this.held = new HashSet<>(held.partitions());
        this.waitingKeys = new HashSet<>(held.keys());
        this.answered = new CountDownLatch(rows.size());
    }

    /**
     * Sends the rows, each partition's in their order, as far as the circuit, the holds and the lease permit. May block for twice
     * {@code max.block.ms} where a topic's metadata, or whether it is served, is not known yet, once for each topic; and until
     * Kafka has answered the first row of each partition that the producer has not written to yet.
     * @param untilNanos no row is sent after this value of {@link System#nanoTime()}
     */
    void send(RelayContext relay, ProducerSession session, FirstRows firstRows, long untilNanos)
            throws InterruptedException {
        int handled = 0;
        List<StoredEvent> left = this.rows;
        // What an earlier batch was refused is no reason not to try again.
        firstRows.await(untilNanos);
        while (!left.isEmpty() && maySend(session, untilNanos)) {
            this.refusedTopics.putAll(firstRows.await(untilNanos));
            List<StoredEvent> later = new ArrayList<>();
            for (StoredEvent row : left) {
                if (!maySend(session, untilNanos)) {
                    break;
                }
                if (handle(relay, session, row, firstRows)) {
                    handled += this.refused ? 0 : 1;
                } else {
                    later.add(row);
                }
            }
            left = later;
        }
        for (; handled < this.rows.size(); handled++) {
            this.answered.countDown();
        }
    }

    private boolean maySend(ProducerSession session, long untilNanos) {
        return !this.refused && !session.isEnding() && System.nanoTime() - untilNanos < 0;
    }

    /**
     * Sends a row, or leaves it for another time. What is known of its topic comes first: to ask for the partition of one whose
     * metadata is not known blocks.
     * @return false if it has to follow the first row of its partition, which is not answered yet
     */
    private boolean handle(RelayContext relay, ProducerSession session, StoredEvent row, FirstRows firstRows) {
        RelayedRow send = sendOf(row, this.answered);
        Throwable refusal = this.refusedTopics.get(send.topic());
        if (refusal != null) {
            this.sent.add(send);
            send.failed(FailureKind.TOPIC, refusal, RecordMetadata.UNKNOWN_PARTITION);
            return true;
        }
        if (mustWait(relay.holds(), session, row)) {
            this.readsGoPastHeld = !relay.holds().isFull();
            this.answered.countDown();
            return true;
        }
        TopicPartition unopened = unopenedPartitionOf(row, firstRows);
        if (unopened != null && firstRows.isUnanswered(unopened)) {
            return false;
        }
        Object permit = relay.circuit().tryAcquire();
        if (permit == null) {
            this.refused = true;
            return true;
        }
        this.sent.add(send);
        if (unopened != null) {
            firstRows.add(unopened, send);
        }
        send.bind(session);
        send.send(relay.circuit(), permit);
        Throwable error = send.error();
        if (error != null) {
            failedAtOnce(relay, send, error);
        }
        return true;
    }

    /**
     * What is refused before it left would cost the same time for every other row of its topic or partition, and nothing
     * would keep those from overtaking it, as its producer goes on.
     */
    private void failedAtOnce(RelayContext relay, RelayedRow send, Throwable error) {
        if (send.failureKind() == FailureKind.TOPIC) {
            this.refusedTopics.put(send.topic(), error);
        } else if (send.failureKind() == FailureKind.OUTAGE) {
            this.held.add(send.partition());
            this.waitingKeys.add(send.row().keyHash());
            if (send.isOutageOfItsOwn() && relay.circuit().isClosed()) {
                relay.holds().hold(send.partition(), send.row());
            } else {
                this.stuck = true;
            }
        }
    }

    /**
     * Makes a row's send.
     */
    RelayedRow sendOf(StoredEvent row, CountDownLatch answered) {
        return new RelayedRow(row, answered);
    }

    /**
     * Returns the partition that a row would be the producer's first in.
     */
    @Nullable
    TopicPartition unopenedPartitionOf(StoredEvent row, FirstRows firstRows) {
        return firstRows.unopenedPartitionOf(row);
    }

    boolean mustWait(PartitionHolds holds, ProducerSession session, StoredEvent row) {
        if (this.held.isEmpty() && holds.isEmpty()) {
            return false;
        }
        boolean waits = mustWait(holds, PartitionHolds.wholeTopic(row.topic()), row)
                || mustWaitForPartition(holds, session, row)
                || row.partition() == null && row.key() != null && this.waitingKeys.contains(row.keyHash());
        if (waits) {
            this.waitingKeys.add(row.keyHash());
        }
        return waits;
    }

    private boolean mustWaitForPartition(PartitionHolds holds, ProducerSession session, StoredEvent row) {
        TopicPartition partition = session.partitionOf(row.topic(), row.partition(), row.key());
        return (partition == null) ? holds.holdsKeyOf(row) : mustWait(holds, partition, row);
    }

    private boolean mustWait(PartitionHolds holds, TopicPartition partition, StoredEvent row) {
        if (holds.holds(partition, row)) {
            this.held.add(partition);
        }
        return this.held.contains(partition);
    }

    /**
     * Waits for the answers.
     * @return false if some are still missing after the given time, which Kafka's client does not allow to happen
     */
    boolean await(Duration timeout) throws InterruptedException {
        return this.answered.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    int size() {
        return this.rows.size();
    }

    List<StoredEvent> rows() {
        return this.rows;
    }

    /**
     * Returns whether the circuit refused a row.
     */
    boolean wasRefused() {
        return this.refused;
    }

    /**
     * Returns whether every row was sent and acknowledged.
     */
    boolean isClean() {
        return this.sent.size() == this.rows.size() && failed().isEmpty();
    }

    /**
     * Returns whether the next read would bring the same rows, to no better end: none was sent, or none acknowledged, and
     * what keeps them is not left out by reads.
     */
    boolean cameToNothing() {
        return this.stuck ? acked().isEmpty() : this.sent.isEmpty() && !this.readsGoPastHeld;
    }

    List<RelayedRow> sent() {
        return this.sent;
    }

    /**
     * Returns the rows that Kafka has acknowledged.
     */
    List<StoredEvent> acked() {
        List<StoredEvent> acked = new ArrayList<>(this.sent.size());
        for (RelayedRow row : this.sent) {
            if (row.isAcked()) {
                acked.add(row.row());
            }
        }
        return acked;
    }

    /**
     * Returns the rows that failed, in order within their partitions.
     */
    List<RelayedRow> failed() {
        List<RelayedRow> failed = new ArrayList<>();
        for (RelayedRow row : this.sent) {
            if (row.failureKind() != null) {
                failed.add(row);
            }
        }
        return failed;
    }
}
