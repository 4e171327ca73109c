package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What the {@code kafkalisteners} endpoint answers with; absent values are left out.
 */
final class ListenerAnswers {

    private ListenerAnswers() {}

    /**
     * All listeners.
     *
     * @param listeners sorted by id
     */
    record Listeners(List<Listener> listeners) implements OperationResponseBody {}

    /**
     * One listener: a {@link ListenerStatus} with errors as they may be shown.
     */
    record Listener(
            String id,
            String group,
            List<String> topics,
            ListenerState state,
            boolean healthy,
            boolean ready,
            boolean paused,
            boolean connected,
            List<Partition> partitions,
            int consumers,
            long restarts,
            int crashesInARow,
            @Nullable String lastError,
            @Nullable Instant lastErrorAt,
            @Nullable Instant nextRestartAt,
            @Nullable Instant startedAt)
            implements OperationResponseBody {

        static Listener of(ListenerStatus status) {
            return new Listener(
                    status.id(),
                    status.group(),
                    status.topics(),
                    status.state(),
                    status.healthy(),
                    status.ready(),
                    status.paused(),
                    status.connected(),
                    status.partitions().stream().map(Partition::of).toList(),
                    status.consumers(),
                    status.restarts(),
                    status.crashesInARow(),
                    ErrorText.ofNullable(status.lastError()),
                    status.lastErrorAt(),
                    status.nextRestartAt(),
                    status.startedAt());
        }
    }

    /**
     * A partition of a listener: a {@link PartitionStatus} with its reason as it may be shown.
     */
    record Partition(
            String topic,
            int partition,
            String state,
            Instant since,
            @Nullable String reason,
            @Nullable Long offset,
            int attempts,
            @Nullable Instant resumesAt) {

        static Partition of(PartitionStatus status) {
            return new Partition(
                    status.topic(),
                    status.partition(),
                    status.state().name(),
                    status.since(),
                    ErrorText.ofNullable(status.reason()),
                    status.offset(),
                    status.attempts(),
                    status.resumesAt());
        }
    }
}
