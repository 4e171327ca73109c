package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows that nobody needs any more, in chunks: acknowledged ones after {@code retry.retention}, dead-lettered ones
 * after 7 days. Rows that are nowhere but here are never purged. Used by one worker.
 * <p>
 * Acknowledged rows are found on a walk along the ids, which ends where rows are too young, and goes on from there the next
 * time. What it had to leave behind (it was pending, or acknowledged late) is found when it begins anew: after a tenth of
 * the retention, an hour at most.
 */
final class Purge {

    private static final Logger logger = LoggerFactory.getLogger(Purge.class);

    private static final int CHUNK = 1_000;

    private static final Duration MAX_DURATION = Duration.ofSeconds(10);

    /**
     * For how long to look at rows without finding any to delete.
     */
    private static final Duration MAX_SEARCH = Duration.ofSeconds(1);

    private static final Duration MAX_WALK = Duration.ofHours(1);

    private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(7);

    private final FailedEvents events;

    private final Duration retention;

    private final Clock clock;

    private Instant nextWalk = Instant.MIN;

    private long afterId;

    private boolean arrived = true;

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
        long purged = purgeDeadLetters(now.minus(DEAD_LETTER_RETENTION), deadline, running);
        if (this.arrived && !now.isBefore(this.nextWalk)) {
            Duration tenth = this.retention.dividedBy(10);
            this.nextWalk = now.plus(tenth.compareTo(MAX_WALK) < 0 ? tenth : MAX_WALK);
            this.afterId = 0;
        }
        purged += walk(now.minus(this.retention), deadline, running);
        if (purged > 0) {
            logger.info("Purged {} settled events", purged);
        }
    }

    private long purgeDeadLetters(Instant before, long deadline, BooleanSupplier running) {
        long purged = 0;
        int chunk = CHUNK;
        while (chunk == CHUNK && running.getAsBoolean() && System.nanoTime() - deadline < 0) {
            chunk = this.events.purgeDeadLetters(before, CHUNK);
            purged += chunk;
        }
        return purged;
    }

    private long walk(Instant before, long deadline, BooleanSupplier running) {
        long purged = 0;
        long searchUntil = System.nanoTime() + MAX_SEARCH.toNanos();
        this.arrived = false;
        while (!this.arrived
                && running.getAsBoolean()
                && System.nanoTime() - deadline < 0
                && System.nanoTime() - searchUntil < 0) {
            PurgeStep step = this.events.purgeResolved(before, this.afterId, CHUNK);
            this.afterId = step.lastId();
            this.arrived = !step.more();
            purged += step.purged();
            if (step.purged() > 0) {
                searchUntil = System.nanoTime() + MAX_SEARCH.toNanos();
            }
        }
        return purged;
    }
}
