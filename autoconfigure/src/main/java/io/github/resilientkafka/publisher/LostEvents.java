package io.github.resilientkafka.publisher;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts events that could be made durable nowhere, and says so: an ERROR line at once, then at most one a second with
 * the number of events that went without a line.
 */
final class LostEvents {

    private static final Logger logger = LoggerFactory.getLogger(LostEvents.class);

    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong count = new AtomicLong();

    private final AtomicLong logged = new AtomicLong();

    private final AtomicLong nextLineNanos = new AtomicLong(System.nanoTime());

    void add(EventNotStoredException failure) {
        long count = this.count.incrementAndGet();
        long due = this.nextLineNanos.get();
        long now = System.nanoTime();
        if (now - due >= 0 && this.nextLineNanos.compareAndSet(due, now + INTERVAL_NANOS)) {
            long unlogged = count - this.logged.getAndSet(count) - 1;
            logger.error(
                    "LOST: {} ({} more since the last such line, {} since the start)",
                    failure.getMessage(),
                    unlogged,
                    count);
        }
    }

    long count() {
        return this.count.get();
    }
}
