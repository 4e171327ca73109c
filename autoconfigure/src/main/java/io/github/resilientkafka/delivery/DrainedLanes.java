package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.EventStore;
import java.util.concurrent.TimeUnit;

/**
 * Looks again below the marks of drained lanes, in case somebody has made rows pending by hand. Used by one worker.
 * <p>
 * All lanes take milliseconds together, but seconds each after millions of rows have been settled beside a session that
 * stays idle in a transaction. So it stops after a second and goes on where it stopped the next time.
 */
final class DrainedLanes {

    private static final long AT_MOST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EventStore store;

    private int next;

    DrainedLanes(EventStore store) {
        this.store = store;
    }

    void recheck() {
        long start = System.nanoTime();
        for (int i = 0; i < EventStore.LANES && System.nanoTime() - start < AT_MOST_NANOS; i++) {
            this.store.recheck(this.next);
            this.next = (this.next + 1) % EventStore.LANES;
        }
    }
}
