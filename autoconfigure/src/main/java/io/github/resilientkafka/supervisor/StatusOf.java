package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.supervisor.CrashHistory.Problem;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Reads the status of a listener. Waits for no lock, since a container may be starting for long.
 */
final class StatusOf {

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
                partitions(),
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
            return joined() ? ListenerState.RUNNING : ListenerState.STARTING;
        }
        if (this.supervised.consumers().alive() > 0) {
            return ListenerState.STOPPING;
        }
        return this.supervised.hasRun() ? ListenerState.STOPPED : ListenerState.NOT_STARTED;
    }

    private boolean joined() {
        return this.supervised.listener().joined()
                || (isAssignedByHand() && this.supervised.consumers().begun() > 0);
    }

    private boolean isAssignedByHand() {
        return !Containers.assigned(this.container.getContainerProperties()).isEmpty();
    }

    /**
     * Partitions that no group has assigned are not in the listener's books.
     */
    private List<PartitionStatus> partitions() {
        List<PartitionStatus> known = this.supervised.listener().partitions();
        if (!known.isEmpty() || !isAssignedByHand() || !this.container.isRunning()) {
            return known;
        }
        Instant since = Objects.requireNonNullElse(this.supervised.startedAt(), Instant.EPOCH);
        return Containers.assigned(this.container.getContainerProperties()).stream()
                .map(partition -> new PartitionStatus(
                        partition.getTopic(),
                        partition.getPartition(),
                        PartitionState.RUNNING,
                        since,
                        null,
                        null,
                        0,
                        null))
                .sorted(Comparator.comparing(PartitionStatus::topic).thenComparing(PartitionStatus::partition))
                .toList();
    }
}
