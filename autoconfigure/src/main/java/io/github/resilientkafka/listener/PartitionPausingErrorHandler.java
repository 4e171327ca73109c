package io.github.resilientkafka.listener;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.logging.LogFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.springframework.core.log.LogAccessor;
import org.springframework.kafka.KafkaException;
import org.springframework.kafka.KafkaException.Level;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.listener.SeekUtils;
import org.springframework.kafka.support.TopicPartitionOffset;

/**
 * Keeps a failure to its partition: the consumer seeks back to the failed record, and goes on with what it has polled of
 * the others; records of the paused partition that it comes across are not handled. Where nothing was decided of the record
 * beforehand, or acknowledgments come out of order, it seeks back for all of them, through {@link SeekUtils#seekOrRecover}, the only public
 * way to the exception that keeps the container from committing.
 */
final class PartitionPausingErrorHandler implements CommonErrorHandler {

    private static final LogAccessor logger = new LogAccessor(LogFactory.getLog(PartitionPausingErrorHandler.class));

    private final Decisions decisions;

    private final Blame blame;

    private final FailedRecords failedRecords;

    private final FailedBatches failedBatches;

    private final FailedPolls failedPolls;

    private final ListenerPartitions partitions;

    PartitionPausingErrorHandler(
            Decisions decisions,
            Blame blame,
            FailedRecords failedRecords,
            FailedBatches failedBatches,
            FailedPolls failedPolls,
            ListenerPartitions partitions) {
        this.decisions = decisions;
        this.blame = blame;
        this.failedRecords = failedRecords;
        this.failedBatches = failedBatches;
        this.failedPolls = failedPolls;
        this.partitions = partitions;
    }

    /**
     * Asked when a record or a batch has failed.
     */
    @Override
    public boolean seeksAfterHandling() {
        return !this.decisions.made();
    }

    /**
     * Called for a record that is decided on: the others of its poll go on.
     * @return true: the container has nothing to keep for us
     */
    @Override
    public boolean handleOne(
            Exception thrown,
            ConsumerRecord<?, ?> record,
            Consumer<?, ?> consumer,
            MessageListenerContainer container) {
        if (Boolean.TRUE.equals(this.decisions.of(record))) {
            if (container.getContainerProperties().getAckMode() == AckMode.MANUAL_IMMEDIATE) {
                this.failedBatches.commit(List.of(record), consumer, container);
            }
            return true;
        }
        TopicPartition partition = Partitions.of(record);
        Trouble trouble = this.partitions.troubleOf(partition);
        if (trouble != null
                && trouble.offset() == record.offset()
                && consumer.assignment().contains(partition)) {
            consumer.seek(partition, record.offset());
        }
        return true;
    }

    /**
     * Asked when a failure was handled: whether the offset is to be committed.
     */
    @Override
    public boolean isAckAfterHandle() {
        return this.decisions.endWithCommit();
    }

    @Override
    public boolean deliveryAttemptHeader() {
        return true;
    }

    @Override
    public int deliveryAttempt(TopicPartitionOffset record) {
        Trouble trouble = this.partitions.troubleOf(record.getTopicPartition());
        Long offset = record.getOffset();
        return (trouble != null && offset != null && trouble.offset() == offset) ? trouble.attempts() + 1 : 1;
    }

    @Override
    public void handleRemaining(
            Exception thrown,
            List<ConsumerRecord<?, ?>> records,
            Consumer<?, ?> consumer,
            MessageListenerContainer container) {
        ConsumerRecord<?, ?> first = records.get(0);
        Boolean decided = this.decisions.of(first);
        boolean done;
        if (decided != null) {
            done = decided;
        } else {
            explain(thrown, List.of(first), container);
            done = this.blame.isOn(List.of(first), thrown) && this.failedRecords.handle(thrown, first);
        }
        seek(thrown, done, records, consumer, container);
    }

    @Override
    public void handleBatch(
            Exception thrown,
            ConsumerRecords<?, ?> data,
            Consumer<?, ?> consumer,
            MessageListenerContainer container,
            Runnable invokeListener) {
        List<ConsumerRecord<?, ?>> records = new ArrayList<>(data.count());
        data.forEach(records::add);
        explain(thrown, records, container);
        FailedBatches.Outcome outcome = this.failedBatches.handle(thrown, records, consumer, container);
        // All of them: those that are done with are committed without an acknowledgment.
        ExpectedAcks.forget(records, consumer, container);
        if (!outcome.remaining().isEmpty()) {
            seek(thrown, false, outcome.remaining(), consumer, container);
        }
    }

    @Override
    public void handleOtherException(
            Exception thrown, Consumer<?, ?> consumer, MessageListenerContainer container, boolean batchListener) {
        if (thrown instanceof RecordDeserializationException unreadable) {
            this.failedPolls.unreadable(unreadable, consumer, container);
        } else {
            this.failedPolls.failed(thrown, container);
        }
    }

    /**
     * What was handled and cannot be committed comes again and again: not as fast as it can.
     */
    private void explain(Exception thrown, List<ConsumerRecord<?, ?>> records, MessageListenerContainer container) {
        if (this.blame.isFailedCommit(records, thrown)) {
            this.failedPolls.failed(thrown, container);
        } else {
            this.blame.tellIfTooLate(records.get(0), thrown);
        }
    }

    /**
     * Makes the consumer go on with what was not processed.
     * @param done whether the first record is done with, so that it is not among that
     * @throws KafkaException unless the first record is done with: then nothing of these records is committed
     */
    private void seek(
            Exception thrown,
            boolean done,
            List<ConsumerRecord<?, ?>> records,
            Consumer<?, ?> consumer,
            MessageListenerContainer container) {
        Set<TopicPartition> here = new HashSet<>(consumer.assignment());
        List<ConsumerRecord<?, ?>> ours = records.stream()
                .filter(record -> goesBackTo(Partitions.of(record), here))
                .toList();
        if (ours.isEmpty() || (done && ours.get(0) != records.get(0))) {
            throw new KafkaException("The partition of the failed record went to another consumer", Level.INFO, thrown);
        }
        ExpectedAcks.forget(done ? ours.subList(1, ours.size()) : ours, consumer, container);
        boolean commitItself = container.getContainerProperties().getAckMode() == AckMode.MANUAL_IMMEDIATE;
        SeekUtils.seekOrRecover(
                thrown,
                new ArrayList<>(ours),
                consumer,
                container,
                commitItself,
                (record, ex, aContainer, aConsumer) -> done,
                logger,
                Level.DEBUG);
    }

    /**
     * What was decided on in this poll stays where it is: the consumer stands at the failed record, not behind it.
     */
    private boolean goesBackTo(TopicPartition partition, Set<TopicPartition> here) {
        return here.contains(partition) && !this.decisions.stopped(partition);
    }
}
