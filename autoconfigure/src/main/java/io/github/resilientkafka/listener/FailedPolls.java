package io.github.resilientkafka.listener;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.RecordDeserializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.ListenerUtils;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Handles what goes wrong outside of handlers: records that the client itself cannot deserialise, and polls or commits that
 * fail. Of records it has only the bytes, which is what a dead letter wants.
 */
final class FailedPolls {

    private static final Logger logger = LoggerFactory.getLogger(FailedPolls.class);

    private static final Duration FIRST_WAIT = Duration.ofMillis(100);

    private static final int MOST_DOUBLINGS = 5;

    private static final long FORGET_NANOS = Duration.ofMinutes(1).toNanos();

    private final String listener;

    private final FailedRecords failedRecords;

    private final boolean commits;

    private volatile @Nullable CollectingBatchListener<?, ?> collector;

    private final Executor queue;

    private int failures;

    private long lastFailureNanos;

    FailedPolls(String listener, FailedRecords failedRecords, boolean commits, Executor queue) {
        this.queue = queue;
        this.listener = listener;
        this.failedRecords = failedRecords;
        this.commits = commits;
    }

    /**
     * Sets who collects batches: what comes before an unreadable record is handed over first.
     */
    void collector(CollectingBatchListener<?, ?> listener) {
        this.collector = listener;
    }

    /**
     * Gives up an unreadable record, or pauses its partition until it can be: the client would stumble over it for ever.
     */
    void unreadable(
            RecordDeserializationException unreadable, Consumer<?, ?> consumer, MessageListenerContainer container) {
        TopicPartition partition = unreadable.topicPartition();
        long offset = unreadable.offset();
        if (this.collector != null && !this.collector.flush(partition, consumer)) {
            // Sent back to what was collected before it: its turn comes again.
            return;
        }
        if (this.failedRecords.handle(unreadable, recordOf(unreadable))) {
            consumer.seek(partition, offset + 1);
            if (this.commits) {
                consumer.commitSync(
                        Map.of(partition, new OffsetAndMetadata(offset + 1)),
                        container.getContainerProperties().getSyncCommitTimeout());
            }
        }
    }

    private static ConsumerRecord<?, ?> recordOf(RecordDeserializationException unreadable) {
        byte[] key = bytes(unreadable.keyBuffer());
        byte[] value = bytes(unreadable.valueBuffer());
        TimestampType timestampType = unreadable.timestampType();
        return new ConsumerRecord<>(
                unreadable.topicPartition().topic(),
                unreadable.topicPartition().partition(),
                unreadable.offset(),
                unreadable.timestamp(),
                timestampType,
                (key == null) ? ConsumerRecord.NULL_SIZE : key.length,
                (value == null) ? ConsumerRecord.NULL_SIZE : value.length,
                key,
                value,
                unreadable.headers(),
                Optional.empty());
    }

    private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        ByteBuffer copy = buffer.duplicate();
        byte[] bytes = new byte[copy.remaining()];
        copy.get(bytes);
        return bytes;
    }

    /**
     * A poll or a commit failed. The container tries again at once, so this waits: 100 ms, doubled each time up to 3 s.
     */
    void failed(Exception thrown, MessageListenerContainer container) {
        if (thrown instanceof UnsupportedVersionException || thrown instanceof InvalidConfigurationException) {
            // The client has given up for good, and further polls would return nothing, for ever.
            logger.error("Listener {}: its consumer cannot go on: {}", this.listener, thrown.toString());
            this.queue.execute(() -> container.stopAbnormally(() -> {}));
            return;
        }
        int failures = count();
        if (Integer.bitCount(failures) == 1) {
            logger.warn(
                    "Listener {}: polling or committing failed, {} times within a minute of each other: {}",
                    this.listener,
                    failures,
                    thrown.toString());
        }
        try {
            ListenerUtils.stoppableSleep(container, FIRST_WAIT.toMillis() << Math.min(failures - 1, MOST_DOUBLINGS));
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized int count() {
        long now = System.nanoTime();
        this.failures = (now - this.lastFailureNanos < FORGET_NANOS) ? this.failures + 1 : 1;
        this.lastFailureNanos = now;
        return this.failures;
    }
}
