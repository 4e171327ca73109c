package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * One producer from its creation to its close, and the account of what it owes an answer to. Internal. Thread-safe.
 */
public final class ProducerSession {

    private final Producer<byte @Nullable [], byte @Nullable []> producer;

    private final AtomicInteger outstanding = new AtomicInteger();

    private final AtomicReference<@Nullable Throwable> unseenError = new AtomicReference<>();

    @SuppressWarnings("NonAtomicVolatileUpdate") // a lost update is a moment of patience more or less
    private volatile long lastProgressNanos = System.nanoTime();

    private volatile boolean everAcked;

    private volatile @Nullable Throwable reasonOfEnd;

    ProducerSession(Producer<byte @Nullable [], byte @Nullable []> producer) {
        this.producer = producer;
    }

    void send(ProducerRecord<byte @Nullable [], byte @Nullable []> record, TrackedSend send) {
        try {
            this.producer.send(record, send);
        } catch (RuntimeException ex) {
            // Thrown instead of handed to the callback: closed meanwhile, or the caller was interrupted.
            send.onCompletion(null, ex);
        }
        // Counted only now, and the clock set before: waiting for metadata is no debt of the broker's. The answer may
        // have come already, the number is then negative for a moment.
        if (this.outstanding.get() <= 0) {
            this.lastProgressNanos = System.nanoTime();
        }
        this.outstanding.incrementAndGet();
    }

    void acked() {
        this.outstanding.decrementAndGet();
        this.lastProgressNanos = System.nanoTime();
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
        this.lastProgressNanos += nanos;
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
     * Returns the partition that the client's default partitioner gives a key.
     * @param topic the topic
     * @param key the key's bytes
     * @return the partition
     * @throws org.apache.kafka.common.KafkaException if the topic's metadata can't be had within {@code max.block.ms}
     */
    public int partitionFor(String topic, byte[] key) {
        return Lanes.positive(Lanes.murmur2(key))
                % this.producer.partitionsFor(topic).size();
    }

    /**
     * Gives the producer up: fails everything in flight at once, for the given reason.
     */
    void abandon(Throwable reason) {
        this.reasonOfEnd = reason;
        close(Duration.ZERO);
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
        this.producer.close(timeout);
    }
}
