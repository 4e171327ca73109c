package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.HealthReport.Details;
import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerStatus;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether listeners run: DOWN if one was given up or cannot run, DEGRADED while one restarts, has no connection to Kafka, or
 * stands still for long. What waits for a dependency, or was stopped on purpose, is never DOWN. Asks no broker.
 */
final class KafkaListenersHealth {

    /**
     * Crashes in a row, without any progress between them, after which a listener counts as one that cannot run.
     */
    static final int CANNOT_RUN = 3;

    private static final int MOST_PARTITIONS = 100;

    private static final List<String> ORDER = List.of(HealthReport.UP, HealthReport.DEGRADED, HealthReport.DOWN);

    private final ListenerSupervisor supervisor;

    private final Clock clock;

    private final Duration degradedAfter;

    KafkaListenersHealth(ListenerSupervisor supervisor, Clock clock, Duration degradedAfter) {
        this.supervisor = supervisor;
        this.clock = clock;
        this.degradedAfter = degradedAfter;
    }

    HealthReport check() {
        Instant longAgo = this.clock.instant().minus(this.degradedAfter);
        Map<String, Object> listeners = new LinkedHashMap<>();
        int worst = 0;
        for (ListenerStatus listener : this.supervisor.status()) {
            String status = status(listener, longAgo);
            worst = Math.max(worst, ORDER.indexOf(status));
            listeners.put(listener.id(), details(listener).as(status).details());
        }
        return new Details().with("listeners", listeners).as(ORDER.get(worst));
    }

    private static String status(ListenerStatus listener, Instant longAgo) {
        return switch (listener.state()) {
            case GAVE_UP -> HealthReport.DOWN;
            case RESTARTING, STARTING ->
                (listener.crashesInARow() >= CANNOT_RUN) ? HealthReport.DOWN : whileStarting(listener, longAgo);
            case RUNNING ->
                (!listener.healthy()
                                || !listener.connected()
                                || listener.partitions().stream().anyMatch(partition -> isStuck(partition, longAgo)))
                        ? HealthReport.DEGRADED
                        : HealthReport.UP;
            case NOT_STARTED, STOPPING, STOPPED, SUSPENDED -> HealthReport.UP;
        };
    }

    private static String whileStarting(ListenerStatus listener, Instant longAgo) {
        boolean hasTime = listener.state() == ListenerState.STARTING
                && listener.crashesInARow() == 0
                && (listener.startedAt() == null || listener.startedAt().isAfter(longAgo));
        return hasTime ? HealthReport.UP : HealthReport.DEGRADED;
    }

    private static boolean isStuck(PartitionStatus partition, Instant longAgo) {
        return partition.state() != PartitionState.RUNNING && partition.since().isBefore(longAgo);
    }

    private static Details details(ListenerStatus listener) {
        List<PartitionStatus> troubled = listener.partitions().stream()
                .filter(partition -> partition.state() != PartitionState.RUNNING)
                .toList();
        return new Details()
                .with("state", listener.state().name())
                .with("healthy", listener.healthy())
                .with("ready", listener.ready())
                .with("paused", listener.paused() ? true : null)
                .with("connected", listener.connected() ? null : false)
                .with("assignedPartitions", listener.partitions().size())
                .with("pausedPartitions", count(troubled, PartitionState.BACKOFF, PartitionState.DEAD_LETTER_BLOCKED))
                .with("heldPartitions", count(troubled, PartitionState.HELD, PartitionState.HELD))
                .with("partitions", troubled.isEmpty() ? null : partitions(troubled))
                .with("restarts", listener.restarts())
                .with("lastError", ErrorText.ofNullable(listener.lastError()))
                .with("lastErrorAt", listener.lastErrorAt())
                .with("nextRestartAt", listener.nextRestartAt());
    }

    private static long count(List<PartitionStatus> partitions, PartitionState one, PartitionState other) {
        return partitions.stream()
                .filter(partition -> partition.state() == one || partition.state() == other)
                .count();
    }

    private static Map<String, Object> partitions(List<PartitionStatus> troubled) {
        Map<String, Object> shown = new LinkedHashMap<>();
        troubled.stream()
                .limit(MOST_PARTITIONS)
                .forEach(partition -> shown.put(
                        partition.topic() + "-" + partition.partition(),
                        partition(partition).as(HealthReport.UP).details()));
        return shown;
    }

    private static Details partition(PartitionStatus partition) {
        @Nullable String reason = ErrorText.ofNullable(partition.reason());
        return new Details()
                .with("state", partition.state().name())
                .with("reason", reason)
                .with("since", partition.since())
                .with("offset", partition.offset())
                .with("attempts", partition.attempts())
                .with("resumesAt", partition.resumesAt());
    }
}
