package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.publisher.TrackedSend;
import io.github.resilientkafka.store.StoredEvent;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A stored row on its way to Kafka. Written by the producer's I/O thread, read by the worker once the batch's latch is
 * down.
 */
class RelayedRow extends TrackedSend {

    private final StoredEvent row;

    private final CountDownLatch answered;

    /** Its own, where others wait for this one before they are sent. */
    private @Nullable CountDownLatch firstAnswered;

    private volatile @Nullable FailureKind failureKind;

    private volatile @Nullable Throwable error;

    private volatile boolean acked;

    private volatile int partition = RecordMetadata.UNKNOWN_PARTITION;

    RelayedRow(StoredEvent row, CountDownLatch answered) {
        this.row = row;
        this.answered = answered;
    }

    /**
     * Has {@link #awaitAnswer} wait for it. To be called before it is sent.
     */
    void goFirst() {
        this.firstAnswered = new CountDownLatch(1);
    }

    /**
     * Waits for the answer of a row that goes first.
     * @param untilNanos not longer than to this value of {@link System#nanoTime()}
     * @return whether it is there
     */
    boolean awaitAnswer(long untilNanos) throws InterruptedException {
        CountDownLatch first = this.firstAnswered;
        return first == null || first.await(untilNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void countDown() {
        CountDownLatch first = this.firstAnswered;
        if (first != null) {
            first.countDown();
        }
        this.answered.countDown();
    }

    StoredEvent row() {
        return this.row;
    }

    boolean isAcked() {
        return this.acked;
    }

    /**
     * Returns why it failed, or null if it has not.
     */
    @Nullable
    FailureKind failureKind() {
        return this.failureKind;
    }

    /**
     * Returns whether it met an outage itself, and not a limit of our own, as a producer that was closed for another record.
     */
    boolean isOutageOfItsOwn() {
        Throwable error = this.error;
        return this.failureKind == FailureKind.OUTAGE && error != null && !isOurOwnLimit(error);
    }

    @Nullable
    Throwable error() {
        return this.error;
    }

    /**
     * Returns where it went or should have gone; -1 as partition where that was not even found out.
     */
    TopicPartition partition() {
        return new TopicPartition(topic(), this.partition);
    }

    List<Header> headers() {
        return HeaderCodec.decode(this.row.headers());
    }

    @Override
    protected String topic() {
        return this.row.topic();
    }

    @Override
    protected ProducerRecord<byte @Nullable [], byte @Nullable []> record() {
        return new ProducerRecord<>(
                this.row.topic(),
                this.row.partition(),
                this.row.timestamp(),
                this.row.key(),
                this.row.payload(),
                headers());
    }

    @Override
    protected void acked(RecordMetadata metadata, long nowNanos) {
        this.partition = metadata.partition();
        this.acked = true;
        countDown();
    }

    @Override
    protected void failed(FailureKind kind, Throwable error, int partition) {
        this.partition = partition;
        this.error = error;
        this.failureKind = kind;
        countDown();
    }
}
