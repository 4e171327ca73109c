package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.StoredEvent;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The first row that a producer brings to a partition goes alone: the next ones follow when it is acknowledged. Used by one
 * worker.
 * <p>
 * A broker checks the order of a producer's requests only in partitions that it has taken a record of it in. Before that it may
 * refuse one, whose batch is too large for the topic, and take the next, which then has overtaken it.
 */
final class FirstRows {

    private final ProducerSession session;

    private final Set<TopicPartition> opened = new HashSet<>();

    private final Map<String, Integer> openedOf = new HashMap<>();

    private final Set<String> openedTopics = new HashSet<>();

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
     * Returns the partition that a row would be the first in.
     * @return the partition, or null: others were acknowledged there, or it can't be told where it goes
     */
    @Nullable
    TopicPartition unopenedPartitionOf(StoredEvent row) {
        if (!this.session.keepsOrder() || this.openedTopics.contains(row.topic())) {
            return null;
        }
        TopicPartition partition = this.session.partitionOf(row.topic(), row.partition(), row.key());
        return (partition == null || this.opened.contains(partition)) ? null : partition;
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
                if (row.isAcked()) {
                    open(first.getKey());
                } else if (row.failureKind() == FailureKind.TOPIC && error != null) {
                    refusedTopics.put(row.topic(), error);
                }
            }
        }
        return refusedTopics;
    }

    private void open(TopicPartition partition) {
        this.opened.add(partition);
        int opened = this.openedOf.merge(partition.topic(), 1, Integer::sum);
        if (opened == this.session.partitionsOf(partition.topic())) {
            this.openedTopics.add(partition.topic());
        }
    }
}
