package io.github.resilientkafka.listener;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Pauses and resumes single partitions, on the thread of the consumer that has them and between its polls only. A container
 * that is asked to resume one wakes its consumer up; in the midst of a rebalance that ends the container's callback, and
 * rebalance listeners, ours and the application's, are never told of partitions that came. For the same reason each
 * consumer's own part of the container is asked: the whole would pass it on to all that were ever asked to pause it.
 */
final class PartitionPauser {

    private final MessageListenerContainer container;

    /**
     * The part of the container that has the consumer of this thread. Not known if the application has its events
     * delivered by other threads: then the container is asked as a whole.
     */
    private final ThreadLocal<@Nullable MessageListenerContainer> part = new ThreadLocal<>();

    /**
     * What is asked of each part.
     */
    private final Map<MessageListenerContainer, Map<TopicPartition, Pause>> asked = new ConcurrentHashMap<>();

    /**
     * A pause of ours.
     *
     * @param thread whose consumer has the partition
     * @param applications whether the application had paused it before: then it stays so
     */
    private record Pause(Thread thread, boolean applications) {}

    PartitionPauser(MessageListenerContainer container) {
        this.container = container;
    }

    /**
     * To be called on a consumer's thread before its first poll: takes back what an earlier consumer of the same part, which
     * may have died, has asked.
     */
    void begin(MessageListenerContainer itsPart) {
        this.part.set(itsPart);
        Map<TopicPartition, Pause> left = this.asked.remove(itsPart);
        if (left != null) {
            left.forEach((partition, pause) -> resume(itsPart, partition, pause));
        }
    }

    private MessageListenerContainer part() {
        MessageListenerContainer known = this.part.get();
        return (known == null) ? this.container : known;
    }

    /**
     * To be called on the thread of the consumer that has the partition.
     */
    void pause(TopicPartition partition) {
        MessageListenerContainer mine = part();
        Map<TopicPartition, Pause> pauses = this.asked.computeIfAbsent(mine, key -> new ConcurrentHashMap<>());
        Pause before = pauses.get(partition);
        boolean applications = isPaused(mine, partition) && (before == null || before.applications());
        pauses.put(partition, new Pause(Thread.currentThread(), applications));
        mine.pausePartition(partition);
    }

    private static boolean isPaused(MessageListenerContainer container, TopicPartition partition) {
        // One with several consumers answers for itself only.
        return container
                .getContainerFor(partition.topic(), partition.partition())
                .isPartitionPauseRequested(partition);
    }

    private static void resume(MessageListenerContainer container, TopicPartition partition, Pause pause) {
        if (!pause.applications()) {
            container.resumePartition(partition);
        }
    }

    /**
     * To be called on a consumer's thread before each poll.
     * @param mayRun whether a partition need not be paused here
     */
    void beforePoll(Predicate<TopicPartition> mayRun) {
        if (this.asked.isEmpty()) {
            return;
        }
        MessageListenerContainer mine = part();
        Map<TopicPartition, Pause> pauses = this.asked.getOrDefault(mine, Map.of());
        pauses.forEach((partition, pause) -> {
            boolean ours =
                    pause.thread() == Thread.currentThread() || !pause.thread().isAlive();
            if (ours && mayRun.test(partition)) {
                pauses.remove(partition);
                resume(mine, partition, pause);
            }
        });
    }

    /**
     * The container has stopped: takes back what is still asked of it.
     */
    void clear() {
        this.asked.forEach(
                (itsPart, pauses) -> pauses.forEach((partition, pause) -> resume(itsPart, partition, pause)));
        this.asked.clear();
    }
}
