package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * When the recovery probe looks: once in an interval, and as soon as somebody listens where it found that nobody did. Used by
 * the probe's thread, but for {@link #answered}.
 */
final class LookSchedule {

    /**
     * How often to ask whether a look is due, unless the interval is shorter.
     */
    static final Duration TICK = Duration.ofMillis(200);

    /**
     * A broker that listens again does not know at once who leads what.
     */
    private static final int QUICK_LOOKS = 10;

    private final long intervalNanos;

    private final BooleanSupplier isListenedTo;

    private long nextNanos;

    private volatile int quickLooks;

    /**
     * Creates a schedule.
     * @param isListenedTo whether anybody accepts connections
     */
    LookSchedule(Duration interval, BooleanSupplier isListenedTo) {
        this.intervalNanos = TimeUnit.MILLISECONDS.toNanos(interval.toMillis());
        this.isListenedTo = isListenedTo;
    }

    /**
     * The first look is due at once.
     */
    void begin() {
        this.nextNanos = System.nanoTime();
        this.quickLooks = 0;
    }

    boolean isDue() {
        return System.nanoTime() - this.nextNanos >= 0 || isListenedToAgain();
    }

    /**
     * True a few times only, whatever comes of it: a port may accept connections and lead nowhere.
     */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // a look more or less
    private boolean isListenedToAgain() {
        boolean again = this.quickLooks > 0 && this.isListenedTo.getAsBoolean();
        if (again) {
            this.quickLooks--;
        }
        return again;
    }

    void looked() {
        this.nextNanos = System.nanoTime() + this.intervalNanos;
    }

    /**
     * Nobody listens.
     */
    void refused() {
        this.quickLooks = QUICK_LOOKS;
    }

    /**
     * Kafka is there.
     */
    void answered() {
        this.quickLooks = 0;
    }
}
