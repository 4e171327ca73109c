package io.github.resilientkafka.store;

import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How far a worker has settled its lanes, on the way to {@link EventStore#advance}. Internal; used by one thread.
 * <p>
 * Ids are given at insert, rows appear at commit: below a row that is settled another one may still appear. Whoever
 * inserts that one took its id before ours became visible, so it is among the transactions that write to the table once
 * ours has been settled, or has ended. Hence two steps: note who is writing, and when all of them have ended nothing is to
 * come any more. This needs no clock, and no bound for a transaction (rule R7 of the gate).
 */
public final class DrainProgress {

    private static final Duration STEP = Duration.ofMillis(200);

    private final long stepNanos;

    private Map<Integer, Long> settled = new HashMap<>();

    private Map<Integer, Long> candidates = Map.of();

    private Set<String> writers = Set.of();

    private long steppedNanos;

    /**
     * Starts with nothing settled.
     */
    public DrainProgress() {
        this(STEP);
    }

    DrainProgress(Duration step) {
        this.stepNanos = step.toNanos();
        this.steppedNanos = System.nanoTime() - this.stepNanos;
    }

    /**
     * Notes rows that were read and settled.
     * @param rows the rows
     */
    public void settled(List<StoredEvent> rows) {
        for (StoredEvent row : rows) {
            settled(row.lane(), row.id());
        }
    }

    void settled(int lane, long id) {
        this.settled.merge(lane, id, Math::max);
    }

    /**
     * Returns whether another step may bring something.
     * @return false if all that was settled has been passed
     */
    public boolean isUnfinished() {
        return !this.settled.isEmpty() || !this.candidates.isEmpty();
    }

    boolean isDue() {
        return isUnfinished() && System.nanoTime() - this.steppedNanos >= this.stepNanos;
    }

    /**
     * Takes a step.
     * @param writing who writes to the table, asked after the last call of {@link #settled}
     * @return for each lane the id up to which no row can appear any more, for whoever looks from now on
     */
    Map<Integer, Long> proven(Set<String> writing) {
        this.steppedNanos = System.nanoTime();
        if (!Collections.disjoint(this.writers, writing)) {
            return Map.of();
        }
        Map<Integer, Long> proven = this.candidates;
        this.candidates = this.settled;
        this.settled = new HashMap<>();
        this.writers = writing;
        return proven;
    }
}
