package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplayProgress.Example;
import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.store.FailedEventView;
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

    private Duration took = Duration.ZERO;

    private @Nullable Instant endedAt;

    private @Nullable String error;

    ReplayTally(Instant startedAt) {
        this.startedAt = startedAt;
    }

    synchronized void found(long found) {
        this.found = found;
    }

    synchronized long found() {
        return this.found;
    }

    synchronized void replayed(long replayed, Duration took) {
        this.replayed = replayed;
        this.took = took;
    }

    synchronized boolean wantsExamples() {
        return this.examples.size() < EXAMPLES;
    }

    synchronized void example(FailedEventView row) {
        this.examples.add(
                new Example(row.id(), row.eventId(), row.keyText(), row.resolvedAt(), WaitingReason.lastError(row)));
    }

    synchronized void end(State state, @Nullable String error, Instant now) {
        this.state = state;
        this.error = error;
        this.endedAt = now;
    }

    synchronized boolean isRunning() {
        return this.state == State.RUNNING;
    }

    synchronized ReplayProgress progress() {
        return new ReplayProgress(
                this.state,
                this.found,
                this.replayed,
                this.found - this.replayed,
                this.took.isZero() ? 0 : this.replayed * 1_000.0 / Math.max(1, this.took.toMillis()),
                this.startedAt,
                this.endedAt,
                this.error,
                this.examples);
    }
}
