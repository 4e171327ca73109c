package io.github.resilientkafka.listener;

import org.apache.kafka.common.TopicPartition;

/**
 * Told of what happens to the partitions of one listener, on whatever thread makes it happen. Must not block.
 */
interface PartitionEvents {

    void paused(TopicPartition partition, Trouble trouble);

    void recovered(TopicPartition partition, long offset);
}
