package io.github.resilientkafka.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for what tells nobody when it happens. */
final class Await {

    private static final Duration INTERVAL = Duration.ofMillis(20);

    private Await() {}

    /**
     * Waits for a condition and says whether it came true in time.
     *
     * @throws IllegalStateException if the thread is interrupted, which it stays
     */
    static boolean until(Duration timeout, BooleanSupplier condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            try {
                Thread.sleep(INTERVAL.toMillis());
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while waiting for a local server", ex);
            }
        }
        return true;
    }
}
