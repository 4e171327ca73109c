package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerStatus;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A supervisor of listeners that do not exist.
 */
final class StubSupervisor implements ListenerSupervisor {

    static final Instant NOW = Instant.parse("2026-01-01T01:00:00Z");

    final List<ListenerStatus> listeners = new ArrayList<>();

    final List<String> calls = new ArrayList<>();

    static ListenerStatus listener(String id, ListenerState state, PartitionStatus... partitions) {
        return listener(id, state, 0, null, NOW, partitions);
    }

    static ListenerStatus listener(
            String id,
            ListenerState state,
            int crashesInARow,
            String lastError,
            Instant startedAt,
            PartitionStatus... partitions) {
        boolean runs = state == ListenerState.RUNNING;
        return new ListenerStatus(
                id,
                "group",
                List.of("orders"),
                state,
                runs,
                runs,
                false,
                true,
                List.of(partitions),
                1,
                crashesInARow,
                crashesInARow,
                lastError,
                (lastError == null) ? null : NOW,
                (state == ListenerState.RESTARTING) ? NOW.plusSeconds(3) : null,
                startedAt);
    }

    static ListenerStatus disconnected(String id) {
        ListenerStatus connected = listener(id, ListenerState.RUNNING);
        return new ListenerStatus(
                id,
                connected.group(),
                connected.topics(),
                connected.state(),
                true,
                true,
                false,
                false,
                List.of(),
                1,
                0,
                0,
                null,
                null,
                null,
                NOW);
    }

    static PartitionStatus partition(int number, PartitionState state, Duration since) {
        return new PartitionStatus(
                "orders",
                number,
                state,
                NOW.minus(since),
                (state == PartitionState.RUNNING) ? null : "because",
                (state == PartitionState.RUNNING) ? null : 7L,
                1,
                null);
    }

    StubSupervisor with(ListenerStatus... statuses) {
        this.listeners.clear();
        this.listeners.addAll(List.of(statuses));
        return this;
    }

    @Override
    public List<ListenerStatus> status() {
        return this.listeners;
    }

    @Override
    public Optional<ListenerStatus> status(String id) {
        return this.listeners.stream()
                .filter(listener -> listener.id().equals(id))
                .findFirst();
    }

    @Override
    public void suspend(String id) {
        this.calls.add("suspend " + id);
    }

    @Override
    public void resume(String id) {
        this.calls.add("resume " + id);
    }

    @Override
    public void restart(String id) {
        this.calls.add("restart " + id);
    }

    @Override
    public boolean awaitReady(String id, Duration timeout) {
        return true;
    }
}
