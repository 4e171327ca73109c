package io.github.resilientkafka.listener;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to which offset records of a partition are handled one by one, as a batch of them has failed as a whole too often.
 * Thread-safe.
 */
final class Isolation {

    private final Map<TopicPartition, Long> isolated = new ConcurrentHashMap<>();

    private final Predicate<TopicPartition> ours;

    /**
     * Creates one in which nothing is isolated.
     * @param ours whether the consumer of the calling thread has a partition: others change nothing
     */
    Isolation(Predicate<TopicPartition> ours) {
        this.ours = ours;
    }

    /**
     * From now on records of a partition are handled one by one.
     * @param last the last of them
     */
    void begin(TopicPartition partition, long last) {
        if (this.ours.test(partition)) {
            this.isolated.put(partition, last);
        }
    }

    boolean covers(TopicPartition partition, long offset) {
        if (this.isolated.isEmpty()) {
            return false;
        }
        Long last = this.isolated.get(partition);
        if (last == null || offset <= last) {
            return last != null;
        }
        if (this.ours.test(partition)) {
            this.isolated.remove(partition, last);
        }
        return false;
    }

    void end(TopicPartition partition) {
        this.isolated.remove(partition);
    }

    void clear() {
        this.isolated.clear();
    }
}
