package io.github.resilientkafka.publisher;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what may be accepted and not durable yet. An event's bytes are reserved when it is accepted and released when
 * its future completes.
 */
final class ByteBudget {

    private final long maxBytes;

    private final AtomicLong bytes = new AtomicLong();

    private final AtomicLong events = new AtomicLong();

    ByteBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    boolean tryReserve(long size) {
        if (this.bytes.addAndGet(size) > this.maxBytes) {
            this.bytes.addAndGet(-size);
            return false;
        }
        this.events.incrementAndGet();
        return true;
    }

    void release(long size) {
        this.bytes.addAndGet(-size);
        this.events.decrementAndGet();
    }

    long bytes() {
        return this.bytes.get();
    }

    long events() {
        return this.events.get();
    }

    long maxBytes() {
        return this.maxBytes;
    }
}
