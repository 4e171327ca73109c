package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
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

    private final boolean keepsOrder;

    private final Runnable beforeEnd;

    private final Set<TopicPartition> failing = ConcurrentHashMap.newKeySet();

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
        this.keepsOrder = keepsOrder;
        this.beforeEnd = beforeEnd;
    }

    void send(ProducerRecord<byte @Nullable [], byte @Nullable []> record, TrackedSend send) {
        try {
            TopicPartition unserved = this.partitions.unservedPartitionOf(record);
            if (unserved == null || !this.keepsOrder) {
                this.producer.send(record, send);
            } else {
                refuse(unserved, send);
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

    /**
     * A topic that is being created is one failure for the circuit, not one for each of its partitions.
     */
    private void refuse(TopicPartition unserved, TrackedSend send) {
        if (!this.failing.add(PartitionHolds.wholeTopic(unserved.topic()))) {
            this.failing.add(unserved);
        }
        send.onCompletion(
                new RecordMetadata(unserved, -1, -1, RecordBatch.NO_TIMESTAMP, -1, -1),
                new LeaderNotAvailableException("No leader serves " + unserved));
    }

    void acked(String topic, int partition, long nowNanos) {
        if (!this.failing.isEmpty()) {
            this.failing.remove(new TopicPartition(topic, partition));
            this.failing.remove(PartitionHolds.wholeTopic(topic));
        }
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
     * Returns whether the records of a key must not overtake each other.
     * @return false with {@code publisher.ordering=none}
     */
    public boolean keepsOrder() {
        return this.keepsOrder;
    }

    /**
     * Returns how many partitions a topic has.
     * @param topic its name
     * @return the number, 0 if that can't be told at the moment
     */
    public int partitionsOf(String topic) {
        try {
            return this.partitions.count(topic);
        } catch (KafkaException | IllegalStateException ex) {
            return 0;
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
     * Notes that a partition does not take a record, and returns whether that was known. The records behind the first one
     * say nothing new; counted one by one, a single sick partition would open the circuit for all.
     */
    boolean isKnownToFail(String topic, int partition) {
        return partition >= 0 && !this.failing.add(new TopicPartition(topic, partition));
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
