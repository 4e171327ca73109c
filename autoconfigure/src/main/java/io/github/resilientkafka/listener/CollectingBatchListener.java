package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchAcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.listener.adapter.AbstractDelegatingMessageListenerAdapter;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Collects the records of a partition over several polls, until they are enough for a batch or have waited long enough.
 * What is collected is not committed: the container is in manual mode, and offsets are committed here, batch by batch. What
 * is revoked is handed over first, at a shutdown, too; what is lost is forgotten and comes again elsewhere.
 * <p>
 * Each consumer's thread has its own collection, and sees no other: a consumer that has lost a partition without knowing it
 * yet must not touch what its new owner has collected.
 */
final class CollectingBatchListener<K, V> extends AbstractDelegatingMessageListenerAdapter<GuardedBatchListener<K, V>>
        implements BatchAcknowledgingConsumerAwareMessageListener<K, V> {

    private static final Logger log = LoggerFactory.getLogger(CollectingBatchListener.class);

    private final FailedBatches failedBatches;

    private final MessageListenerContainer container;

    private final int batchSize;

    private final Duration flushInterval;

    private final ThreadLocal<@Nullable Collection<K, V>> collection = new ThreadLocal<>();

    /**
     * What one consumer has collected.
     */
    private record Collection<K, V>(Consumer<?, ?> consumer, Map<TopicPartition, Collected<K, V>> batches) {}

    private static final class Collected<K, V> {

        private final long sinceNanos = System.nanoTime();

        private final List<ConsumerRecord<K, V>> records = new ArrayList<>();
    }

    CollectingBatchListener(
            GuardedBatchListener<K, V> handler,
            FailedBatches failedBatches,
            MessageListenerContainer container,
            int batchSize,
            Duration flushInterval) {
        super(handler);
        this.failedBatches = failedBatches;
        this.container = container;
        this.batchSize = batchSize;
        this.flushInterval = flushInterval;
    }

    @Override
    public void onMessage(
            List<ConsumerRecord<K, V>> records, @Nullable Acknowledgment acknowledgment, Consumer<?, ?> consumer) {
        Map<TopicPartition, Collected<K, V>> batches = batchesOf(consumer);
        for (ConsumerRecord<K, V> record : records) {
            TopicPartition partition = Partitions.of(record);
            Collected<K, V> batch = batches.computeIfAbsent(partition, key -> new Collected<>());
            batch.records.add(record);
            if (batch.records.size() >= this.batchSize && !flush(partition, consumer)) {
                // The consumer was sent back to before the rest of these records: they come again.
                return;
            }
        }
    }

    /**
     * Hands over what has waited long enough. To be called on a consumer's thread, before each of its polls.
     */
    void flushDue(Consumer<?, ?> consumer) {
        Map<TopicPartition, Collected<K, V>> batches = batchesOf(consumer);
        // Who pauses the container wants its handler to be left in peace.
        if (!batches.isEmpty() && !this.container.isPauseRequested()) {
            long now = System.nanoTime();
            List<TopicPartition> due = batches.entrySet().stream()
                    .filter(batch -> now - batch.getValue().sinceNanos >= this.flushInterval.toNanos())
                    .map(Map.Entry::getKey)
                    .toList();
            due.forEach(partition -> flush(partition, consumer));
        }
    }

    /**
     * Returns what the consumer of this thread has collected; what an earlier one on the same thread has left comes again.
     */
    private Map<TopicPartition, Collected<K, V>> batchesOf(Consumer<?, ?> consumer) {
        Collection<K, V> mine = this.collection.get();
        if (mine == null || mine.consumer() != consumer) {
            mine = new Collection<>(consumer, new HashMap<>());
            this.collection.set(mine);
        }
        return mine.batches();
    }

    /**
     * Hands over what there is of partitions that are about to go, so that it need not be read again.
     */
    void flush(Iterable<TopicPartition> going, Consumer<?, ?> consumer) {
        for (TopicPartition partition : going) {
            try {
                flush(partition, consumer);
            } catch (RuntimeException ex) {
                log.error("What was collected of {} could not be handed over: it comes again", partition, ex);
            }
        }
    }

    /**
     * Forgets what was collected of partitions that were lost.
     */
    void forget(Iterable<TopicPartition> gone, Consumer<?, ?> consumer) {
        gone.forEach(batchesOf(consumer)::remove);
    }

    /**
     * Hands over what is collected of a partition.
     * @return whether all of it is done with; otherwise the consumer reads again from the first record that is not
     */
    boolean flush(TopicPartition partition, Consumer<?, ?> consumer) {
        Collected<K, V> batch = batchesOf(consumer).remove(partition);
        if (batch == null) {
            return true;
        }
        List<ConsumerRecord<?, ?>> records = List.copyOf(batch.records);
        List<ConsumerRecord<?, ?>> remaining = List.of();
        try {
            call(partition, batch.records, consumer);
        } catch (RuntimeException ex) {
            remaining = remaining(ex, records, consumer);
        }
        if (!remaining.isEmpty()) {
            consumer.seek(partition, remaining.get(0).offset());
            return false;
        }
        this.failedBatches.commit(records, consumer, this.container);
        return true;
    }

    private List<ConsumerRecord<?, ?>> remaining(
            RuntimeException failure, List<ConsumerRecord<?, ?>> records, Consumer<?, ?> consumer) {
        try {
            return this.failedBatches
                    .handle(failure, records, consumer, this.container)
                    .remaining();
        } catch (RuntimeException ex) {
            log.error("What to do with a failed batch could not be decided: all of it comes again", ex);
            return records;
        }
    }

    @SuppressWarnings("unchecked")
    private void call(TopicPartition partition, List<ConsumerRecord<K, V>> records, Consumer<?, ?> consumer) {
        if (this.delegate.wantsPollResult()) {
            this.delegate.onMessage(new ConsumerRecords<>(Map.of(partition, records)), null, (Consumer<K, V>) consumer);
        } else {
            this.delegate.onMessage(records, null, consumer);
        }
    }
}
