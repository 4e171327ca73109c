package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.NotHandledException.Reason;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Finds the failed record of a batch and commits what comes before it. A batch whose handler does not say which record
 * failed is tried again as a whole, and then record by record: the bad one shows itself, the others are not lost with it.
 */
final class FailedBatches {

    private static final Logger logger = LoggerFactory.getLogger(FailedBatches.class);

    private final Blame blame;

    private final FailedRecords failedRecords;

    private final ListenerPartitions partitions;

    private final boolean commits;

    /**
     * Creates it.
     * @param commits whether offsets are committed by the container, not by the client itself
     */
    FailedBatches(Blame blame, FailedRecords failedRecords, ListenerPartitions partitions, boolean commits) {
        this.blame = blame;
        this.failedRecords = failedRecords;
        this.partitions = partitions;
        this.commits = commits;
    }

    /**
     * What is left of a batch.
     *
     * @param remaining what is to be delivered again; nothing if all of it is done with
     */
    record Outcome(List<ConsumerRecord<?, ?>> remaining) {}

    Outcome handle(
            Throwable thrown,
            List<ConsumerRecord<?, ?>> records,
            Consumer<?, ?> consumer,
            MessageListenerContainer container) {
        if (!this.blame.isOn(records, thrown)) {
            return new Outcome(records);
        }
        NotHandledException notHandled = find(thrown, NotHandledException.class);
        if (notHandled != null) {
            return withoutHandler(notHandled, records, consumer, container);
        }
        int index = (records.size() == 1) ? 0 : indexOf(find(thrown, BatchListenerFailedException.class), records);
        if (index < 0) {
            this.failedRecords.handleWhole(thrown, records);
            return new Outcome(records);
        }
        ConsumerRecord<?, ?> failed = records.get(index);
        boolean done = this.failedRecords.handle(thrown, failed);
        int next = done ? index + 1 : index;
        if (next < records.size()) {
            commit(records.subList(0, next), consumer, container);
        }
        return new Outcome(records.subList(next, records.size()));
    }

    /**
     * The handler was not called, as one of the records must not be handled: the others come again.
     */
    private Outcome withoutHandler(
            NotHandledException notHandled,
            List<ConsumerRecord<?, ?>> records,
            Consumer<?, ?> consumer,
            MessageListenerContainer container) {
        if (notHandled.reason() == Reason.PAUSED || !this.failedRecords.handle(notHandled, notHandled.record())) {
            return new Outcome(records);
        }
        List<ConsumerRecord<?, ?>> others =
                records.stream().filter(record -> record != notHandled.record()).toList();
        if (!others.isEmpty()) {
            commit(List.of(notHandled.record()), consumer, container);
        }
        return new Outcome(others);
    }

    private static int indexOf(@Nullable BatchListenerFailedException failed, List<ConsumerRecord<?, ?>> records) {
        if (failed == null) {
            return -1;
        }
        ConsumerRecord<?, ?> record = failed.getRecord();
        if (record == null) {
            return failed.getIndex() < records.size() ? failed.getIndex() : -1;
        }
        for (int index = 0; index < records.size(); index++) {
            ConsumerRecord<?, ?> candidate = records.get(index);
            if (candidate.offset() == record.offset()
                    && Partitions.of(candidate).equals(Partitions.of(record))) {
                return index;
            }
        }
        return -1;
    }

    /**
     * Commits records. Never throws because of Kafka: what is not committed comes again.
     */
    void commit(List<ConsumerRecord<?, ?>> processed, Consumer<?, ?> consumer, MessageListenerContainer container) {
        if (!this.commits || processed.isEmpty()) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        processed.forEach(record -> offsets.put(Partitions.of(record), new OffsetAndMetadata(record.offset() + 1)));
        Duration timeout = container.getContainerProperties().getSyncCommitTimeout();
        try {
            try {
                consumer.commitSync(offsets, timeout);
            } catch (WakeupException ex) {
                logger.debug("Woken up for another partition while committing: once more", ex);
                consumer.commitSync(offsets, timeout);
            }
        } catch (KafkaException ex) {
            // Thrown on, it would keep the consumer from being sent back to what was not handled.
            logger.warn("Not committed; what was processed of {} may come again: {}", offsets.keySet(), ex.toString());
        }
    }

    private static <T extends Throwable> @Nullable T find(Throwable thrown, Class<T> type) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
