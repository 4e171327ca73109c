package io.github.resilientkafka.listener;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Batches that have failed as a whole, and whose records are handled one by one.
 * Thread-safe.
 */
final class Isolation {

    private final Map<TopicPartition, Batch> isolated = new ConcurrentHashMap<>();

    private final Predicate<TopicPartition> ours;

    /**
     * A batch, as far as it is of one partition.
     *
     * @param last the offset of its last record
     * @param attempts how often it has failed: each of its records has been tried so often
     * @param firstFailure when it first failed
     */
    record Batch(long last, int attempts, Instant firstFailure) {}

    /**
     * Creates one in which nothing is isolated.
     * @param ours whether the consumer of the calling thread has a partition: others change nothing
     */
    Isolation(Predicate<TopicPartition> ours) {
        this.ours = ours;
    }

    /**
     * From now on these records are handled one by one.
     */
    void begin(List<? extends ConsumerRecord<?, ?>> records, int attempts, Instant firstFailure) {
        for (ConsumerRecord<?, ?> record : records) {
            TopicPartition partition = Partitions.of(record);
            if (this.ours.test(partition)) {
                this.isolated.put(partition, new Batch(record.offset(), attempts, firstFailure));
            }
        }
    }

    /**
     * Returns the batch that a record failed in and for which it is handled alone, or null.
     */
    @Nullable
    Batch of(ConsumerRecord<?, ?> record) {
        if (this.isolated.isEmpty()) {
            return null;
        }
        TopicPartition partition = Partitions.of(record);
        Batch batch = this.isolated.get(partition);
        if (batch == null || record.offset() <= batch.last()) {
            return batch;
        }
        if (this.ours.test(partition)) {
            this.isolated.remove(partition, batch);
        }
        return null;
    }

    void end(TopicPartition partition) {
        this.isolated.remove(partition);
    }

    void clear() {
        this.isolated.clear();
    }
}
