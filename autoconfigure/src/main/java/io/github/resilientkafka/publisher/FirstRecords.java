package io.github.resilientkafka.publisher;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Has the first record that a producer brings to a partition go alone: the next ones follow when it is acknowledged.
 * Thread-safe.
 * <p>
 * A broker checks the order of a producer's requests only in partitions that it has taken a record of it in. Before that it may
 * refuse one (too large a batch for the topic, too few replicas in sync) and take the next, which then has overtaken it.
 */
final class FirstRecords {

    private final ServedPartitions partitions;

    private final long patienceNanos;

    private final Map<TopicPartition, First> firsts = new ConcurrentHashMap<>();

    private final Map<TrackedSend, First> unanswered = new ConcurrentHashMap<>();

    private final Map<String, Integer> opened = new ConcurrentHashMap<>();

    private final Set<String> openTopics = ConcurrentHashMap.newKeySet();

    /**
     * Knows of no record yet.
     * @param partitions tells where a record will go
     */
    FirstRecords(ServedPartitions partitions) {
        this.partitions = partitions;
        this.patienceNanos = partitions.patience().toNanos();
    }

    /**
     * Returns the partition that a record would be the first in, or would have to wait in.
     * @return the partition, or null: one was acknowledged there, or it can't be told where it goes
     * @throws KafkaException if the topic's partitions can't be found out at the moment
     */
    @Nullable
    TopicPartition unopenedPartitionOf(String topic, @Nullable Integer number, byte @Nullable [] key) {
        if (this.openTopics.contains(topic)) {
            return null;
        }
        TopicPartition partition = this.partitions.partitionOf(topic, number, key);
        First first = (partition != null) ? this.firsts.get(partition) : null;
        if (first == null || !first.acked) {
            return partition;
        }
        if (this.opened.getOrDefault(topic, 0) >= this.partitions.count(topic)) {
            this.openTopics.add(topic);
        }
        return null;
    }

    /**
     * Waits for the answer to its partition's first record, unless this is the first one. Not longer than {@code max.block.ms},
     * nor longer than so after that one was sent.
     * @return the partition if there is no answer yet, null if the record may be sent
     * @throws KafkaException if the topic's partitions can't be found out at the moment, or the thread was interrupted
     */
    @Nullable
    TopicPartition awaitTurn(ProducerRecord<byte @Nullable [], ?> record, TrackedSend send) {
        long untilNanos = System.nanoTime() + this.patienceNanos;
        TopicPartition partition;
        while ((partition = unopenedPartitionOf(record.topic(), record.partition(), record.key())) != null) {
            First first = new First(partition);
            this.unanswered.put(send, first);
            First before = this.firsts.putIfAbsent(partition, first);
            if (before == null) {
                return null;
            }
            this.unanswered.remove(send);
            if (!before.await(untilNanos)) {
                return partition;
            }
        }
        return null;
    }

    /**
     * Takes the answer to any record. What waits for it may leave at once, so the producer must have been closed if it has
     * to be.
     */
    void answered(TrackedSend send, boolean acked) {
        First first = this.unanswered.isEmpty() ? null : this.unanswered.remove(send);
        if (first == null) {
            return;
        }
        if (acked) {
            first.acked = true;
            this.opened.merge(first.partition.topic(), 1, Integer::sum);
        } else {
            this.firsts.remove(first.partition);
        }
        first.answered.countDown();
    }

    private final class First {

        private final TopicPartition partition;

        private final CountDownLatch answered = new CountDownLatch(1);

        private final long sinceNanos = System.nanoTime();

        private volatile boolean acked;

        First(TopicPartition partition) {
            this.partition = partition;
        }

        boolean await(long callerUntilNanos) {
            long nowNanos = System.nanoTime();
            long leftNanos =
                    Math.min(callerUntilNanos - nowNanos, this.sinceNanos + FirstRecords.this.patienceNanos - nowNanos);
            try {
                return this.answered.await(leftNanos, TimeUnit.NANOSECONDS);
            } catch (InterruptedException ex) {
                throw new InterruptException(ex);
            }
        }
    }
}
