package io.github.resilientkafka.listener;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Pauses and resumes single partitions of a container, on the thread of the consumer that has them and between its polls
 * only. A container that is asked to resume one wakes its consumer up; in the midst of a rebalance that ends the container's
 * callback, and rebalance listeners, ours and the application's, are never told of partitions that came.
 */
final class PartitionPauser {

    private final MessageListenerContainer container;

    private final Map<TopicPartition, Thread> pausedBy = new ConcurrentHashMap<>();

    /**
     * Those that the application had paused before us: they stay so.
     */
    private final Set<TopicPartition> applications = ConcurrentHashMap.newKeySet();

    private final Set<TopicPartition> toResume = ConcurrentHashMap.newKeySet();

    PartitionPauser(MessageListenerContainer container) {
        this.container = container;
    }

    /**
     * To be called on the thread of the consumer that has the partition.
     */
    void pause(TopicPartition partition) {
        if (!isRequested(partition)) {
            this.applications.remove(partition);
        } else if (!this.pausedBy.containsKey(partition)) {
            this.applications.add(partition);
        }
        this.pausedBy.put(partition, Thread.currentThread());
        this.container.pausePartition(partition);
    }

    private boolean isRequested(TopicPartition partition) {
        // Containers with several consumers answer for themselves only.
        return this.container
                .getContainerFor(partition.topic(), partition.partition())
                .isPartitionPauseRequested(partition);
    }

    /**
     * Has a partition resumed before its consumer's next poll, whether or not it is still here. May be called by anybody.
     */
    void resume(TopicPartition partition) {
        this.toResume.add(partition);
    }

    /**
     * To be called on a consumer's thread before each poll.
     * @param mayRun asked again whether a partition is not to be paused
     */
    void beforePoll(Predicate<TopicPartition> mayRun) {
        if (this.toResume.isEmpty()) {
            return;
        }
        for (TopicPartition partition : this.toResume) {
            Thread thread = this.pausedBy.get(partition);
            boolean ours = thread == null || thread == Thread.currentThread() || !thread.isAlive();
            // Removed first: who allows it after the question asks for it once more.
            if (ours && this.toResume.remove(partition) && mayRun.test(partition)) {
                this.pausedBy.remove(partition);
                resumeUnlessApplications(partition);
            }
        }
    }

    private void resumeUnlessApplications(TopicPartition partition) {
        if (!this.applications.remove(partition)) {
            this.container.resumePartition(partition);
        }
    }

    /**
     * The container has stopped: takes back what is still asked of it.
     */
    void clear() {
        this.toResume.clear();
        this.pausedBy.keySet().forEach(this::resumeUnlessApplications);
        this.pausedBy.clear();
    }
}
