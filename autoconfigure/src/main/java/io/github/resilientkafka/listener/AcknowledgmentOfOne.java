package io.github.resilientkafka.listener;

import java.time.Duration;
import org.springframework.kafka.support.Acknowledgment;

/**
 * What a batch handler gets that is called with a single record of its batch. Acknowledged is the batch, when all of its
 * records are. Thread-safe.
 */
final class AcknowledgmentOfOne implements Acknowledgment {

    private final Acknowledgment ofBatch;

    private final int index;

    private volatile boolean given;

    private volatile boolean refused;

    /**
     * Creates one.
     * @param index of the record in its batch
     */
    AcknowledgmentOfOne(Acknowledgment ofBatch, int index) {
        this.ofBatch = ofBatch;
        this.index = index;
    }

    @Override
    public void acknowledge() {
        this.given = true;
    }

    @Override
    public void acknowledge(int index) {
        requireFirst(index);
        this.given = true;
    }

    @Override
    public void nack(int index, Duration sleep) {
        requireFirst(index);
        this.ofBatch.nack(this.index, sleep);
        this.refused = true;
    }

    private static void requireFirst(int index) {
        if (index != 0) {
            throw new IllegalArgumentException("index (" + index + ") is out of range (0-0)");
        }
    }

    @Override
    public boolean isOutOfOrderCommit() {
        return this.ofBatch.isOutOfOrderCommit();
    }

    boolean isGiven() {
        return this.given;
    }

    /**
     * Returns whether this record, and with it those behind it, are to be delivered again.
     */
    boolean isRefused() {
        return this.refused;
    }
}
