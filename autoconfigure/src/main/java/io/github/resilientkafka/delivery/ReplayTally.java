package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplayProgress.Example;
import io.github.resilientkafka.delivery.ReplayProgress.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a replay: written by its thread, read by anybody.
 */
final class ReplayTally {

    private static final int EXAMPLES = 5;

    private final Instant startedAt;

    private final List<Example> examples = new ArrayList<>();

    private State state = State.RUNNING;

    private long found;

    private long replayed;

    private long parked;

    private long skipped;

    private long left;

    private Duration took = Duration.ZERO;

    private @Nullable Instant endedAt;

    private @Nullable String error;

    ReplayTally(Instant startedAt) {
        this.startedAt = startedAt;
    }

    synchronized void found(long found, long left) {
        this.found = found;
        this.left = left;
    }

    synchronized long found() {
        return this.found;
    }

    synchronized void replayed(long replayed, Duration took) {
        this.replayed = replayed;
        this.left = this.found - replayed;
        this.took = took;
    }

    synchronized void seen(long found, long parked, long skipped) {
        this.found += found;
        this.parked += parked;
        this.skipped += skipped;
    }

    /**
     * Counts from zero again.
     */
    synchronized void restart() {
        this.found = 0;
        this.parked = 0;
        this.skipped = 0;
        this.examples.clear();
    }

    synchronized void sent(long replayed, Duration took) {
        this.replayed += replayed;
        this.took = took;
    }

    synchronized void left(long left) {
        this.left = left;
    }

    synchronized boolean wantsExamples() {
        return this.examples.size() < EXAMPLES;
    }

    synchronized void example(Example example) {
        this.examples.add(example);
    }

    synchronized void waiting(String reason) {
        this.state = State.WAITING;
        this.error = reason;
    }

    synchronized void goingOn() {
        if (this.state == State.WAITING) {
            this.state = State.RUNNING;
            this.error = null;
        }
    }

    synchronized void end(State state, @Nullable String error, Instant now) {
        this.state = state;
        this.error = error;
        this.endedAt = now;
    }

    synchronized boolean isRunning() {
        return this.endedAt == null;
    }

    synchronized ReplayProgress progress() {
        return new ReplayProgress(
                this.state,
                this.found,
                this.replayed,
                this.parked,
                this.skipped,
                this.left,
                this.took.isZero() ? 0 : (this.replayed + this.parked) * 1_000.0 / Math.max(1, this.took.toMillis()),
                this.startedAt,
                this.endedAt,
                this.error,
                this.examples);
    }
}
