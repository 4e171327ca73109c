package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/**
 * How long to wait before a restart: anything up to a bound that doubles each time, so that instances that failed together
 * do not come back together.
 *
 * @param first the first bound
 * @param max the last bound
 * @param random gives numbers from 0 to 1
 */
record Backoff(Duration first, Duration max, DoubleSupplier random) {

    private static final int MOST_DOUBLINGS = 30;

    /**
     * Returns the delay after a number of crashes in a row.
     * @param crashes 1 or more
     */
    Duration after(int crashes) {
        return upTo(bound(crashes), 0);
    }

    Duration bound(int crashes) {
        double bound = this.first.toMillis() * Math.pow(2, Math.min(crashes - 1, MOST_DOUBLINGS));
        return Duration.ofMillis((long) Math.min(bound, this.max.toMillis()));
    }

    /**
     * Returns a delay between a share of a bound and the bound.
     */
    Duration upTo(Duration bound, double atLeast) {
        return Duration.ofMillis(Math.round(bound.toMillis() * (atLeast + (1 - atLeast) * this.random.getAsDouble())));
    }
}
