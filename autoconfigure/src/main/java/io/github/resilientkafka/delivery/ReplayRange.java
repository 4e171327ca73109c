package io.github.resilientkafka.delivery;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What there is to replay, as it was found at the start of a job: nothing later is replayed by it.
 *
 * @param begins the first offset of each partition
 * @param ends behind the last record of each partition
 * @param committed how far jobs without filter have come, where any has
 */
record ReplayRange(
        Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends, Map<TopicPartition, Long> committed) {

    /**
     * Asks Kafka.
     * @param consumer in the group of the jobs without filter, used for nothing else
     * @throws ReplayRefusedException if there is no such topic
     */
    static ReplayRange of(Consumer<?, ?> consumer, String source, Duration timeout) {
        Set<TopicPartition> partitions = new HashSet<>();
        consumer.partitionsFor(source, timeout)
                .forEach(partition -> partitions.add(new TopicPartition(source, partition.partition())));
        if (partitions.isEmpty()) {
            throw new ReplayRefusedException("There is no topic " + source + ", or it may not be seen", null);
        }
        // Before the ends: an offset beyond its end is then one of a topic that was deleted and created anew.
        Map<TopicPartition, Long> committed = committed(consumer, partitions, timeout);
        Map<TopicPartition, Long> begins = Map.copyOf(consumer.beginningOffsets(partitions, timeout));
        Map<TopicPartition, Long> ends = Map.copyOf(consumer.endOffsets(partitions, timeout));
        committed.entrySet().removeIf(entry -> entry.getValue() > ends.getOrDefault(entry.getKey(), 0L));
        return new ReplayRange(begins, ends, Map.copyOf(committed));
    }

    static Map<TopicPartition, Long> committed(
            Consumer<?, ?> consumer, Set<TopicPartition> partitions, Duration timeout) {
        Map<TopicPartition, @Nullable OffsetAndMetadata> all = consumer.committed(partitions, timeout);
        Map<TopicPartition, Long> committed = new HashMap<>();
        all.forEach((partition, offset) -> {
            if (offset != null) {
                committed.put(partition, offset.offset());
            }
        });
        return committed;
    }

    Set<TopicPartition> partitions() {
        return this.ends.keySet();
    }

    long begin(TopicPartition partition) {
        return this.begins.getOrDefault(partition, 0L);
    }

    /**
     * Returns where a partition ends; one that was added since is not part of it.
     */
    long end(TopicPartition partition) {
        return this.ends.getOrDefault(partition, 0L);
    }

    /**
     * Returns how many records jobs without filter have not seen yet.
     */
    long left() {
        return left(this.committed);
    }

    long left(Map<TopicPartition, Long> positions) {
        long left = 0;
        for (TopicPartition partition : this.ends.keySet()) {
            long from = positions.getOrDefault(partition, begin(partition));
            left += Math.max(0, end(partition) - Math.max(from, begin(partition)));
        }
        return left;
    }

    /**
     * Returns the partitions that have any record.
     */
    List<TopicPartition> nonEmpty() {
        return this.ends.keySet().stream()
                .filter(partition -> end(partition) > begin(partition))
                .toList();
    }
}
