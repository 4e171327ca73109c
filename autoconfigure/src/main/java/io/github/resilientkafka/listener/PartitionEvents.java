package io.github.resilientkafka.listener;

import org.apache.kafka.common.TopicPartition;

/**
 * Told of what happens to the partitions of one listener, on whatever thread makes it happen. Must not block.
 */
interface PartitionEvents {

    void paused(TopicPartition partition, Trouble trouble);

    /**
     * A partition goes on.
     * @param offset the record that was handled
     * @param trouble what it had until then
     */
    void recovered(TopicPartition partition, long offset, Trouble trouble);
}
