package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows that nobody needs any more, in chunks: acknowledged ones after {@code retry.retention}, dead-lettered ones
 * after 7 days. Rows that are nowhere but here are never purged.
 */
final class Purge {

    private static final Logger logger = LoggerFactory.getLogger(Purge.class);

    private static final int CHUNK = 1_000;

    private static final Duration MAX_DURATION = Duration.ofSeconds(10);

    private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(7);

    private final FailedEvents events;

    private final Duration retention;

    private final Clock clock;

    Purge(FailedEvents events, Duration retention, Clock clock) {
        this.events = events;
        this.retention = retention;
        this.clock = clock;
    }

    /**
     * Purges for ten seconds at most; what is left is done after the next interval.
     */
    void run(BooleanSupplier running) {
        Instant now = this.clock.instant();
        long deadline = System.nanoTime() + MAX_DURATION.toNanos();
        long purged = purge(EventStatus.RESOLVED, now.minus(this.retention), deadline, running)
                + purge(EventStatus.DLQ, now.minus(DEAD_LETTER_RETENTION), deadline, running);
        if (purged > 0) {
            logger.info("Purged {} settled events", purged);
        }
    }

    private long purge(EventStatus status, Instant before, long deadline, BooleanSupplier running) {
        long purged = 0;
        int chunk = CHUNK;
        while (chunk == CHUNK && running.getAsBoolean() && System.nanoTime() - deadline < 0) {
            chunk = this.events.purge(status, before, CHUNK);
            purged += chunk;
        }
        return purged;
    }
}
