package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether, and when, a listener that has crashed is started again. Changed by one thread at a time, read by any.
 */
final class RestartPlan {

    private final String listener;

    private final CrashHistory history;

    private final ListenerNews news;

    private final Surroundings surroundings;

    private volatile @Nullable Restart next;

    private volatile boolean gaveUp;

    RestartPlan(String listener, CrashHistory history, ListenerNews news, Surroundings surroundings) {
        this.listener = listener;
        this.history = history;
        this.news = news;
        this.surroundings = surroundings;
    }

    /**
     * A crash: plans the next restart, or gives up.
     * @param whole whether the container is to be started again, or single consumers
     * @return after what time the restart is due, or null if there will be none
     */
    @Nullable
    Duration crashed(Crash crash, boolean whole) {
        Instant now = this.surroundings.clock().instant();
        Duration delay = this.history.crashed(crash, now);
        if (delay == null) {
            this.gaveUp = true;
            this.next = null;
            this.news.gaveUp(crash, now);
            this.surroundings.givenUpOrNot();
        } else {
            this.next = Restart.after(delay, now, whole);
            this.news.crashed(crash, whole, this.history.inARow(), now, delay);
        }
        return delay;
    }

    @Nullable
    Restart next() {
        return this.next;
    }

    /**
     * No restart is needed any more, or it is being done now.
     */
    void clear() {
        this.next = null;
    }

    /**
     * It was done.
     */
    void restarted() {
        this.history.restarted();
        this.news.restarted(this.history.restarts());
        Crash crash = this.history.lastCrash();
        String reason = (crash == null) ? "none" : crash.kind().name().toLowerCase(Locale.ROOT);
        this.surroundings.observer().restarted(this.listener, reason);
    }

    boolean hasGivenUp() {
        return this.gaveUp;
    }

    /**
     * Returns whether it was given up for errors of the JVM; where restarts are switched off nothing was tried.
     */
    boolean breaksLiveness() {
        return this.gaveUp && this.surroundings.properties().supervisor().enabled();
    }

    /**
     * An operator starts it again: the past no longer counts.
     */
    void pardon() {
        this.gaveUp = false;
        this.history.pardon();
        this.surroundings.givenUpOrNot();
    }
}
