package io.github.resilientkafka.publisher;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions that do not take what one producer sends. Thread-safe.
 * <p>
 * The records behind the first one say nothing new; counted one by one, a single sick partition would open the circuit for
 * all.
 */
final class FailingPartitions {

    private final Set<TopicPartition> partitions = ConcurrentHashMap.newKeySet();

    /**
     * Notes that a partition does not take a record.
     * @param number the partition's, negative if it is not known
     * @return whether that was known
     */
    boolean wasKnown(String topic, int number) {
        return number >= 0 && !this.partitions.add(new TopicPartition(topic, number));
    }

    /**
     * Notes that a partition is sent nothing at the moment. All such partitions of a topic, which may be in the making, are
     * one failure.
     */
    void addRefused(TopicPartition partition) {
        if (!this.partitions.add(PartitionHolds.wholeTopic(partition.topic()))) {
            this.partitions.add(partition);
        }
    }

    void remove(String topic, int number) {
        if (!this.partitions.isEmpty()) {
            this.partitions.remove(new TopicPartition(topic, number));
            this.partitions.remove(PartitionHolds.wholeTopic(topic));
        }
    }
}
