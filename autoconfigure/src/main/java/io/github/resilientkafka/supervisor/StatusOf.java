package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.supervisor.CrashHistory.Problem;
import java.time.Duration;
import java.util.Objects;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Reads the status of a listener. Waits for no lock, since a container may be starting for long.
 */
final class StatusOf {

    private static final long READY_POLL_MILLIS = 20;

    private final SupervisedListener supervised;

    private final AbstractMessageListenerContainer<?, ?> container;

    StatusOf(SupervisedListener supervised) {
        this.supervised = supervised;
        this.container = supervised.listener().container();
    }

    ListenerStatus read() {
        ListenerState state = state();
        boolean healthy = isHealthy(state);
        CrashHistory history = this.supervised.history();
        Problem problem = history.lastProblem();
        Restart next = this.supervised.plan().next();
        return new ListenerStatus(
                this.supervised.listener().id(),
                Objects.requireNonNullElse(this.container.getGroupId(), ""),
                Containers.topics(this.container),
                state,
                healthy,
                healthy && !this.container.isPauseRequested(),
                this.container.isPauseRequested(),
                this.supervised.consumers().connected(),
                this.supervised.listener().partitions(),
                this.supervised.consumers().alive(),
                history.restarts(),
                history.inARow(),
                (problem == null) ? null : problem.text(),
                (problem == null) ? null : problem.at(),
                (next == null) ? null : next.at(),
                this.supervised.startedAt());
    }

    /**
     * Returns whether it would be given a record that came now.
     */
    boolean ready() {
        return isHealthy(state()) && !this.container.isPauseRequested();
    }

    /**
     * Waits until it is ready, or until the thread is interrupted.
     * @return whether it is
     */
    boolean awaitReady(Duration timeout) {
        long end = System.nanoTime() + timeout.toNanos();
        while (!ready()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            try {
                Thread.sleep(READY_POLL_MILLIS);
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    private boolean isHealthy(ListenerState state) {
        return state == ListenerState.RUNNING
                && this.supervised.consumers().alive() >= Containers.consumers(this.container);
    }

    private ListenerState state() {
        if (this.supervised.plan().hasGivenUp()) {
            return ListenerState.GAVE_UP;
        }
        if (this.supervised.suspended()) {
            return ListenerState.SUSPENDED;
        }
        if (this.supervised.plan().next() != null) {
            return ListenerState.RESTARTING;
        }
        if (this.container.isRunning()) {
            return this.supervised.listener().joined() ? ListenerState.RUNNING : ListenerState.STARTING;
        }
        if (this.supervised.consumers().alive() > 0) {
            return ListenerState.STOPPING;
        }
        return this.supervised.hasRun() ? ListenerState.STOPPED : ListenerState.NOT_STARTED;
    }
}
