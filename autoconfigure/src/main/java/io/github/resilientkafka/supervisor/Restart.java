package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.time.Instant;

/**
 * A restart to come.
 *
 * @param at when, to show
 * @param nanos when, by the clock that cannot be set
 * @param whole whether of the container, or of single consumers
 */
record Restart(Instant at, long nanos, boolean whole) {

    static Restart after(Duration delay, Instant now, boolean whole) {
        return new Restart(now.plus(delay), System.nanoTime() + delay.toNanos(), whole);
    }

    boolean isDue() {
        return System.nanoTime() - this.nanos >= 0;
    }
}
