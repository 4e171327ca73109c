package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.record.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One producer from its creation to its close, and the account of what it owes an answer to. Internal. Thread-safe.
 */
public final class ProducerSession {

    private static final Logger logger = LoggerFactory.getLogger(ProducerSession.class);

    private final Producer<byte @Nullable [], byte @Nullable []> producer;

    private final ServedPartitions partitions;

    private final FirstRecords firstRecords;

    private final boolean keepsOrder;

    private final Runnable beforeEnd;

    private final FailingPartitions failing = new FailingPartitions();

    private final AtomicBoolean abandoned = new AtomicBoolean();

    private final AtomicBoolean closedInCallback = new AtomicBoolean();

    private volatile boolean ending;

    private volatile boolean ended;

    private final AtomicInteger outstanding = new AtomicInteger();

    private final AtomicReference<@Nullable Throwable> unseenError = new AtomicReference<>();

    @SuppressWarnings("NonAtomicVolatileUpdate") // a lost update is a moment of patience more or less
    private volatile long lastProgressNanos = System.nanoTime();

    private volatile boolean everAcked;

    private volatile @Nullable Throwable reasonOfEnd;

    /**
     * Creates the account of a producer.
     * @param partitions what it may send to
     * @param keepsOrder whether the first outage of a record ends the session, and none is sent where no leader serves
     * @param beforeEnd run when no new sends are wanted, before the producer is closed
     */
    ProducerSession(
            Producer<byte @Nullable [], byte @Nullable []> producer,
            ServedPartitions partitions,
            boolean keepsOrder,
            Runnable beforeEnd) {
        this.producer = producer;
        this.partitions = partitions;
        this.firstRecords = new FirstRecords(partitions);
        this.keepsOrder = keepsOrder;
        this.beforeEnd = beforeEnd;
    }

    void send(ProducerRecord<byte @Nullable [], byte @Nullable []> record, TrackedSend send) {
        try {
            if (this.keepsOrder) {
                sendInOrder(record, send);
            } else {
                this.partitions.unservedPartitionOf(record);
                this.producer.send(record, send);
            }
        } catch (RuntimeException | Error ex) {
            // Thrown instead of handed to the callback: closed meanwhile, the caller was interrupted, or out of memory.
            send.onCompletion(null, (ex instanceof Exception exception) ? exception : new KafkaException(ex));
        }
        // Counted only now, and the clock set before: waiting for metadata is no debt of the broker's. The answer may
        // have come already, the number is then negative for a moment.
        if (this.outstanding.get() <= 0) {
            this.lastProgressNanos = System.nanoTime();
        }
        this.outstanding.incrementAndGet();
    }

    private void sendInOrder(ProducerRecord<byte @Nullable [], byte @Nullable []> record, TrackedSend send) {
        TopicPartition unserved = this.partitions.unservedPartitionOf(record);
        if (unserved != null) {
            this.failing.addRefused(unserved);
            refuse(unserved, new LeaderNotAvailableException("No leader serves " + unserved), send);
            return;
        }
        TopicPartition unopened = this.firstRecords.awaitTurn(record, send);
        if (unopened != null) {
            refuse(unopened, new FirstRecordUnansweredException(unopened), send);
            return;
        }
        this.producer.send(record, send);
    }

    private static void refuse(TopicPartition partition, RetriableException reason, TrackedSend send) {
        send.onCompletion(new RecordMetadata(partition, -1, -1, RecordBatch.NO_TIMESTAMP, -1, -1), reason);
    }

    void acked(TrackedSend send, String topic, int partition, long nowNanos) {
        this.firstRecords.answered(send, true);
        this.failing.remove(topic, partition);
        this.outstanding.decrementAndGet();
        this.lastProgressNanos = nowNanos;
        if (!this.everAcked) {
            this.everAcked = true;
        }
    }

    void failed(FailureKind kind, Throwable error) {
        this.outstanding.decrementAndGet();
        if (kind == FailureKind.OUTAGE) {
            this.unseenError.set(error);
        } else {
            // A refusal is an answer: whoever refuses is alive.
            this.lastProgressNanos = System.nanoTime();
        }
    }

    /**
     * A record was not sent, and its callback is at its end.
     * @param lost the outage that it met on its way, or null
     */
    void unsent(TrackedSend send, @Nullable Throwable lost) {
        try {
            if (lost != null) {
                recordLost(lost);
            }
        } finally {
            // Last: what waits for its answer must not leave before the producer is closed.
            this.firstRecords.answered(send, false);
        }
    }

    /**
     * Returns the number of sends without an answer yet.
     * @return the number
     */
    public int outstanding() {
        return this.outstanding.get();
    }

    boolean everAcked() {
        return this.everAcked;
    }

    /**
     * Returns how long the producer has owed an answer without giving any.
     * @return nanoseconds, 0 if nothing is outstanding
     */
    long silentNanos() {
        return (this.outstanding.get() <= 0) ? 0 : System.nanoTime() - this.lastProgressNanos;
    }

    /**
     * Excuses a time in which this process itself stood still.
     */
    void excuse(long nanos) {
        long now = System.nanoTime();
        long excused = this.lastProgressNanos + nanos;
        // Never further than now: what is silent from now on has no excuse.
        this.lastProgressNanos = (excused - now > 0) ? now : excused;
    }

    /**
     * Takes the last outage error that nobody has looked at.
     * @return the error, or null
     */
    @Nullable
    Throwable takeError() {
        return this.unseenError.getAndSet(null);
    }

    /**
     * Returns where a record will go.
     * @param topic its topic
     * @param partition the partition its publisher chose, or null
     * @param key its key, or null
     * @return the partition, or null if that can't be told before it is sent, or not at the moment
     */
    public @Nullable TopicPartition partitionOf(String topic, @Nullable Integer partition, byte @Nullable [] key) {
        try {
            return this.partitions.partitionOf(topic, partition, key);
        } catch (KafkaException | IllegalStateException ex) {
            return null;
        }
    }

    /**
     * Returns the partition in which no record of this producer was acknowledged yet, so that a record would have to go alone,
     * or to wait for the one that does.
     * @param topic its topic
     * @param partition the partition its publisher chose, or null
     * @param key its key, or null
     * @return the partition; null if one was, if order does not matter, or if it can't be told where the record goes
     */
    public @Nullable TopicPartition unopenedPartitionOf(
            String topic, @Nullable Integer partition, byte @Nullable [] key) {
        try {
            return this.keepsOrder ? this.firstRecords.unopenedPartitionOf(topic, partition, key) : null;
        } catch (KafkaException | IllegalStateException ex) {
            return null;
        }
    }

    /**
     * A record that was on its way has met an outage. Called in the producer's callback.
     * <p>
     * Kafka's client protects order only as long as the earlier record is undecided: once it has failed for good, what
     * was sent behind it goes out. Inside the callback nothing has gone yet (rule R2 of the gate).
     */
    void recordLost(Throwable error) {
        if (!this.keepsOrder) {
            return;
        }
        // Of the thousands that fail together, only the first one is worth an exception: its stack trace is dear.
        if (!this.abandoned.get()) {
            abandon(new SessionEndedException(error));
        }
        // Lost for a reason of its own, while another thread is giving it up and may not have come to the close yet.
        if (error != this.reasonOfEnd && !this.ended && this.closedInCallback.compareAndSet(false, true)) {
            close(Duration.ZERO);
        }
    }

    /**
     * Notes that a partition does not take a record, and returns whether that was known.
     */
    boolean isKnownToFail(String topic, int partition) {
        return this.failing.wasKnown(topic, partition);
    }

    /**
     * From now on no new send is wanted. When this returns, whoever may want one has been told, perhaps by another thread.
     */
    synchronized void announceEnd() {
        if (!this.ending) {
            this.ending = true;
            this.beforeEnd.run();
        }
    }

    /**
     * Gives the producer up: fails everything in flight, for the given reason; at once, unless it is called in a
     * callback of this producer, then as soon as that has returned.
     */
    void abandon(Throwable reason) {
        // Whoever comes second, too, returns only when everybody has been told: it may go on to make a successor.
        announceEnd();
        if (this.abandoned.compareAndSet(false, true)) {
            this.reasonOfEnd = reason;
            try {
                close(Duration.ZERO);
            } finally {
                this.ended = true;
            }
        }
    }

    /**
     * Returns whether the session is of no use any more.
     * @return true from the moment its end is announced
     */
    public boolean isEnding() {
        return this.ending;
    }

    /**
     * Returns whether the producer has been given up, so that it may have a successor.
     */
    boolean hasEnded() {
        return this.ended;
    }

    /**
     * Returns why a send really failed: the client only says that its producer was closed.
     */
    Throwable reasonOf(Exception exception) {
        Throwable reason = this.reasonOfEnd;
        boolean saysOnlyClosed =
                exception.getClass() == KafkaException.class || exception instanceof IllegalStateException;
        return (reason != null && saysOnlyClosed) ? reason : exception;
    }

    /**
     * Closes the producer: waits for outstanding sends at most as long as given, then fails what is left.
     * @param timeout how long to wait; zero fails everything in flight at once
     */
    public void close(Duration timeout) {
        try {
            this.producer.close(timeout);
        } catch (KafkaException ex) {
            logger.warn("A producer was closed, but not everything of it", ex);
        }
    }
}
