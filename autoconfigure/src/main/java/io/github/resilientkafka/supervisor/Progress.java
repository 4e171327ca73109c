package io.github.resilientkafka.supervisor;

import java.time.Duration;

/**
 * Whether a listener gets on after a restart. To have handled records is no proof by itself: records before the one that
 * ends the listener are handled again each time. It must outlive the longest wait as well; without records, a minute.
 */
final class Progress {

    private static final Duration STABLE = Duration.ofMinutes(1);

    private final Duration proof;

    private long since = System.nanoTime();

    private long handledBefore;

    Progress(Duration proof) {
        this.proof = proof;
    }

    /**
     * It begins.
     * @param handled records handled so far
     */
    void begin(long handled) {
        this.since = System.nanoTime();
        this.handledBefore = handled;
    }

    boolean isProven(long handled) {
        Duration needed = (handled > this.handledBefore) ? this.proof : STABLE;
        return isOlderThan(needed);
    }

    boolean isOlderThan(Duration age) {
        return System.nanoTime() - this.since > age.toNanos();
    }
}
