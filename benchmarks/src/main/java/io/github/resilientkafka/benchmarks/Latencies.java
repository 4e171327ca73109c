package io.github.resilientkafka.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * How long events took.
 */
final class Latencies {

    private long[] nanos = new long[1024];

    private int count;

    private boolean sorted;

    void add(long latencyNanos) {
        if (this.count == this.nanos.length) {
            this.nanos = Arrays.copyOf(this.nanos, 2 * this.count);
        }
        this.nanos[this.count++] = latencyNanos;
        this.sorted = false;
    }

    /**
     * The time that a part of the events needed at most, in milliseconds.
     * @param part more than 0, 1 at most
     * @throws IllegalStateException if there are no events
     */
    double millis(double part) {
        if (this.count == 0) {
            throw new IllegalStateException("Nothing was measured");
        }
        if (!this.sorted) {
            Arrays.sort(this.nanos, 0, this.count);
            this.sorted = true;
        }
        return this.nanos[Math.max(1, (int) Math.ceil(this.count * part)) - 1] / 1e6;
    }

    int count() {
        return this.count;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "%.2f/%.2f/%.2f ms (%d)", millis(0.5), millis(0.99), millis(0.999), this.count);
    }
}
