package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.PartitionStatus;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A listener as it is now.
 *
 * @param id the listener's id
 * @param group its consumer group; empty if it has none
 * @param topics the topics it reads, or the pattern that they match
 * @param state what it does
 * @param healthy whether it has joined its group since it was started, and all its consumers live
 * @param ready whether it is healthy and would be given a record that came now: it is not paused as a whole. A standby, for
 * which there are no partitions, is ready
 * @param paused whether the application or an operator has paused it as a whole
 * @param connected whether each of its consumers has a connection to Kafka, as far as they tell; true while it has none
 * @param partitions the partitions it has, with what troubles them
 * @param consumers how many of its consumers live
 * @param restarts how often it, or a consumer of it, was started again after a crash
 * @param crashesInARow crashes since it last made progress
 * @param lastError why it last stopped by itself or could not run, or null
 * @param lastErrorAt when that was, or null
 * @param nextRestartAt when it is started again, or null
 * @param startedAt when it was last started, as far as that is known, or null
 */
public record ListenerStatus(
        String id,
        String group,
        List<String> topics,
        ListenerState state,
        boolean healthy,
        boolean ready,
        boolean paused,
        boolean connected,
        List<PartitionStatus> partitions,
        int consumers,
        long restarts,
        int crashesInARow,
        @Nullable String lastError,
        @Nullable Instant lastErrorAt,
        @Nullable Instant nextRestartAt,
        @Nullable Instant startedAt) {

    public ListenerStatus {
        topics = List.copyOf(topics);
        partitions = List.copyOf(partitions);
    }
}
