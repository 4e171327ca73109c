package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.supervisor.SupervisorProperties.Supervisor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What has happened to a listener. Changed by one thread at a time, read by any.
 */
final class CrashHistory {

    private final Supervisor settings;

    private final Backoff backoff;

    private final Deque<Instant> jvmErrors = new ArrayDeque<>();

    private volatile int inARow;

    private volatile long restarts;

    private volatile @Nullable Problem lastProblem;

    private volatile @Nullable Crash lastCrash;

    CrashHistory(Supervisor settings, Backoff backoff) {
        this.settings = settings;
        this.backoff = backoff;
    }

    /**
     * A crash: decides when to restart.
     * @return how long to wait, or null to give up
     */
    @Nullable
    Duration crashed(Crash crash, Instant now) {
        this.inARow++;
        this.lastCrash = crash;
        this.lastProblem = new Problem(crash.text(), now);
        if (!this.settings.enabled() || (crash.kind() == Crash.Kind.JVM_ERROR && tooManyJvmErrors(now))) {
            return null;
        }
        return crash.delay(this.backoff, this.settings.fencedBackoff(), this.inARow);
    }

    private boolean tooManyJvmErrors(Instant now) {
        Instant start = now.minus(this.settings.oomWindow());
        while (!this.jvmErrors.isEmpty() && this.jvmErrors.getFirst().isBefore(start)) {
            this.jvmErrors.removeFirst();
        }
        this.jvmErrors.addLast(now);
        return this.jvmErrors.size() > this.settings.maxOomRestarts();
    }

    /**
     * Something keeps the listener from running, without having stopped it.
     */
    void problem(String text, Instant now) {
        this.lastProblem = new Problem(text, now);
    }

    void restarted() {
        this.restarts++;
    }

    void progressed() {
        this.inARow = 0;
        this.lastCrash = null;
    }

    /**
     * An operator starts it again: the past no longer counts.
     */
    void pardon() {
        this.inARow = 0;
        this.lastCrash = null;
        this.jvmErrors.clear();
    }

    /**
     * Returns the last crash, or null if there was none, or it has been overcome.
     */
    @Nullable
    Crash lastCrash() {
        return this.lastCrash;
    }

    int inARow() {
        return this.inARow;
    }

    long restarts() {
        return this.restarts;
    }

    @Nullable
    Problem lastProblem() {
        return this.lastProblem;
    }

    /**
     * What was wrong, and when.
     */
    record Problem(String text, Instant at) {}
}
