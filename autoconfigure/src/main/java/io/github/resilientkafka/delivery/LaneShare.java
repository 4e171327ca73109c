package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.EventStore;
import java.time.Duration;
import java.time.Instant;

/**
 * How many lanes a worker holds: all workers of an instance together all of them while nobody else wants any, a quarter
 * of them while somebody does, so that four instances can share a backlog. Whoever finds no free lane asks; who holds
 * more than its share looks for that between two batches, and gives back the rest. Used by one worker.
 */
final class LaneShare {

    /**
     * When to look for free lanes again after having asked for some.
     */
    static final Duration ASK_AGAIN = Duration.ofMillis(250);

    private static final long LOOK_AGAIN_NANOS = Duration.ofMillis(200).toNanos();

    private static final int SHARED_LANES = EventStore.LANES / 4;

    private final EventStore store;

    private final String owner;

    private final int workers;

    private final long rememberNanos;

    private long sharedUntilNanos = System.nanoTime();

    private long lookedNanos = this.sharedUntilNanos - LOOK_AGAIN_NANOS;

    /**
     * Creates the share of a worker.
     * @param owner its name in the leases
     * @param workers how many workers the instance has
     * @param remember how long lanes are shared after somebody had to ask, unless the backlog is drained before
     */
    LaneShare(EventStore store, String owner, int workers, Duration remember) {
        this.store = store;
        this.owner = owner;
        this.workers = workers;
        this.rememberNanos = remember.toNanos();
    }

    /**
     * Returns how many lanes to lease at once.
     */
    int lanes() {
        boolean shared = System.nanoTime() - this.sharedUntilNanos < 0;
        return shared ? whenShared() : (EventStore.LANES + this.workers - 1) / this.workers;
    }

    /**
     * Returns how many lanes to lease at once while others want some, too.
     */
    int whenShared() {
        return Math.max(1, SHARED_LANES / this.workers);
    }

    /**
     * Asks for lanes after none was free.
     * @return whether others hold lanes that have due rows: some of them will be free soon
     */
    boolean ask(Instant now) {
        boolean asked = this.store.askForLanes(this.owner, now);
        // Where nobody is at work any more, the next backlog is anybody's: workers of one instance ask each other, too.
        this.sharedUntilNanos = System.nanoTime() + (asked ? this.rememberNanos : 0);
        return asked;
    }

    /**
     * Returns how many lanes to give back because somebody else wants some; looks now and then only.
     * @param held how many the worker holds
     */
    int surplus(int held) {
        long now = System.nanoTime();
        if (held <= whenShared() || now - this.lookedNanos < LOOK_AGAIN_NANOS) {
            return 0;
        }
        this.lookedNanos = now;
        if (!this.store.lanesAreWanted()) {
            return 0;
        }
        this.sharedUntilNanos = now + this.rememberNanos;
        return held - whenShared();
    }
}
