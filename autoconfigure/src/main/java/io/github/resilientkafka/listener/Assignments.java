package io.github.resilientkafka.listener;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Which partitions a listener has, since when, and on which consumer's thread. Of several consumers of one listener, one
 * that was too long in a handler has lost its partitions and does not know it yet, while another one is at work on them.
 */
final class Assignments {

    private final Map<TopicPartition, Assignment> assignments = new ConcurrentHashMap<>();

    /**
     * A partition that is here.
     *
     * @param owner the consumer's thread, or null if no other consumer can be given it
     * @param since since when it is here
     */
    private record Assignment(@Nullable Thread owner, Instant since) {

        boolean isOf(@Nullable Thread thread) {
            return owner == null || owner == thread || !owner.isAlive();
        }
    }

    /**
     * A partition came to the consumer of this thread, whoever had it before.
     */
    void add(TopicPartition partition, Instant since) {
        this.assignments.put(partition, new Assignment(Thread.currentThread(), since));
    }

    /**
     * A partition is a consumer's for as long as there is one. May be called by any thread.
     */
    void addForGood(TopicPartition partition, Instant since) {
        this.assignments.put(partition, new Assignment(null, since));
    }

    /**
     * Returns whether a partition is a thread's own. One that nobody is known to have may be anybody's: a rebalance that was
     * broken off tells nobody what it has assigned.
     */
    boolean isOf(@Nullable Thread thread, TopicPartition partition) {
        Assignment assignment = this.assignments.get(partition);
        return assignment == null || assignment.isOf(thread);
    }

    void remove(TopicPartition partition) {
        this.assignments.remove(partition);
    }

    void clear() {
        this.assignments.clear();
    }

    /**
     * Returns all partitions, and since when they are here.
     */
    Map<TopicPartition, Instant> since() {
        return this.assignments.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, assignment -> assignment.getValue().since()));
    }
}
