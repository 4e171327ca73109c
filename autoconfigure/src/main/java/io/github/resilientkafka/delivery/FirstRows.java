package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.StoredEvent;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Has the rows of a batch wait for the first one of their partition without holding up those of others. That the first record
 * goes alone is the {@link ProducerSession}'s rule; rows that go on to send until it makes them wait would wait for one
 * partition after the other. Used by one worker.
 */
final class FirstRows {

    private final ProducerSession session;

    private final Map<TopicPartition, RelayedRow> unanswered = new HashMap<>();

    /**
     * Knows of no row yet.
     * @param session the producer
     */
    FirstRows(ProducerSession session) {
        this.session = session;
    }

    boolean areSentBy(ProducerSession session) {
        return this.session == session;
    }

    /**
     * Returns the partition that a row would be the first in, or has to wait in. Where a first row was answered since the last
     * {@link #await}, the next ones still have to: some may be waiting before them.
     * @return the partition, or null: others were acknowledged there, or it can't be told where it goes
     */
    @Nullable
    TopicPartition unopenedPartitionOf(StoredEvent row) {
        if (!this.unanswered.isEmpty()) {
            TopicPartition partition = this.session.partitionOf(row.topic(), row.partition(), row.key());
            if (partition != null && isUnanswered(partition)) {
                return partition;
            }
        }
        return this.session.unopenedPartitionOf(row.topic(), row.partition(), row.key());
    }

    /**
     * Returns whether a partition's first row has no answer yet.
     */
    boolean isUnanswered(TopicPartition partition) {
        return this.unanswered.containsKey(partition);
    }

    /**
     * Notes a partition's first row, which is about to be sent.
     */
    void add(TopicPartition partition, RelayedRow first) {
        first.goFirst();
        this.unanswered.put(partition, first);
    }

    /**
     * Waits for the answers. Where a first row failed, the next one is the first. (If that ended the session, the next one does
     * not leave: the client is closed inside the callback.)
     * @param untilNanos not longer than to this value of {@link System#nanoTime()}
     * @return topics that Kafka has refused
     */
    Map<String, Throwable> await(long untilNanos) throws InterruptedException {
        Map<String, Throwable> refusedTopics = new HashMap<>();
        Iterator<Map.Entry<TopicPartition, RelayedRow>> firsts =
                this.unanswered.entrySet().iterator();
        while (firsts.hasNext()) {
            Map.Entry<TopicPartition, RelayedRow> first = firsts.next();
            RelayedRow row = first.getValue();
            if (row.awaitAnswer(untilNanos)) {
                firsts.remove();
                Throwable error = row.error();
                if (row.failureKind() == FailureKind.TOPIC && error != null) {
                    refusedTopics.put(row.topic(), error);
                }
            }
        }
        return refusedTopics;
    }
}
