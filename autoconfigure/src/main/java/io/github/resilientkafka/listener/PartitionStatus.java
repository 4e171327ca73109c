package io.github.resilientkafka.listener;

import java.time.Instant;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A partition that a listener has, as it is now.
 *
 * @param topic its topic
 * @param partition its number
 * @param state what the listener does with it
 * @param since since when it is in this state
 * @param reason why it is not running, or null
 * @param offset the record it stands at, or null while it runs
 * @param attempts failed attempts of that record
 * @param resumesAt when it is tried again, or null if that is not known
 */
public record PartitionStatus(
        String topic,
        int partition,
        PartitionState state,
        Instant since,
        @Nullable String reason,
        @Nullable Long offset,
        int attempts,
        @Nullable Instant resumesAt) {

    static PartitionStatus of(TopicPartition partition, Instant assignedAt, @Nullable Trouble trouble) {
        if (trouble == null) {
            return new PartitionStatus(
                    partition.topic(), partition.partition(), PartitionState.RUNNING, assignedAt, null, null, 0, null);
        }
        return new PartitionStatus(
                partition.topic(),
                partition.partition(),
                trouble.visibleState(),
                trouble.since(),
                trouble.reason(),
                trouble.offset(),
                trouble.attempts(),
                trouble.resumesAt());
    }
}
