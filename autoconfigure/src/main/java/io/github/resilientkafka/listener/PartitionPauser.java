package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Pauses and resumes single partitions of a container. A request to resume that comes between the container's decision to
 * poll and the poll itself wakes nobody, and the partition would stay paused for a whole poll timeout: so it is repeated
 * until it is seen to have worked.
 */
final class PartitionPauser {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private static final Duration AT_LEAST_EVERY = Duration.ofSeconds(1);

    private final MessageListenerContainer container;

    private final ListenerThreads threads;

    PartitionPauser(MessageListenerContainer container, ListenerThreads threads) {
        this.container = container;
        this.threads = threads;
    }

    /**
     * To be called on the thread of the consumer that has the partition.
     */
    void pause(TopicPartition partition) {
        this.container.pausePartition(partition);
    }

    /**
     * Takes a pause back, whether or not the partition is still here.
     */
    void forget(TopicPartition partition) {
        this.container.resumePartition(partition);
    }

    /**
     * Resumes a partition.
     * @param stillWanted whether it is still here and not to be paused again
     */
    void resume(TopicPartition partition, BooleanSupplier stillWanted) {
        resume(partition, stillWanted, LOOK_AGAIN);
    }

    private void resume(TopicPartition partition, BooleanSupplier stillWanted, Duration lookAgain) {
        this.container.resumePartition(partition);
        if (!this.container.isPartitionPaused(partition)) {
            return;
        }
        Duration longer = lookAgain.multipliedBy(2);
        this.threads.schedule(lookAgain, () -> {
            if (stillWanted.getAsBoolean()) {
                resume(partition, stillWanted, longer.compareTo(AT_LEAST_EVERY) < 0 ? longer : AT_LEAST_EVERY);
            }
        });
    }
}
