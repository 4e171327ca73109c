package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.NotHandledException.Reason;
import io.github.resilientkafka.message.PublishResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of a record whose handler failed: its partition is paused and it is tried again, or held, or it is
 * given up, as a dead letter or skipped. Called on consumer threads only.
 */
final class FailedRecords {

    private static final Logger logger = LoggerFactory.getLogger(FailedRecords.class);

    /**
     * How long a consumer, and with it all its partitions, waits for a dead letter. What takes longer goes on beside it.
     */
    private static final long INLINE_MILLIS = 100;

    private final String listener;

    private final ListenerSettings settings;

    private final ErrorTable errors;

    private final ListenerPartitions partitions;

    private final DependencyGate gate;

    private final DeadLetterSender deadLetters;

    private final ListenerThreads threads;

    private final ListenerObserver observer;

    FailedRecords(
            String listener,
            ListenerSettings settings,
            ErrorTable errors,
            ListenerPartitions partitions,
            DependencyGate gate,
            DeadLetterSender deadLetters,
            ListenerThreads threads,
            ListenerObserver observer) {
        this.listener = listener;
        this.settings = settings;
        this.errors = errors;
        this.partitions = partitions;
        this.gate = gate;
        this.deadLetters = deadLetters;
        this.threads = threads;
        this.observer = observer;
    }

    /**
     * Handles a failure.
     * @return whether the record is done with, and its offset may be committed; otherwise its partition is paused
     */
    boolean handle(Throwable thrown, ConsumerRecord<?, ?> record) {
        boolean done = decide(thrown, record);
        if (done) {
            this.partitions.done(new TopicPartition(record.topic(), record.partition()), record.offset());
        }
        return done;
    }

    private boolean decide(Throwable thrown, ConsumerRecord<?, ?> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        Trouble before = this.partitions.troubleOf(partition);
        boolean again = before != null && before.offset() == record.offset();
        if (ErrorTable.unwrap(thrown) instanceof NotHandledException notHandled
                && notHandled.reason() == Reason.PAUSED) {
            return false;
        }
        if (again && before != null && before.durable()) {
            return true;
        }
        if (again && before != null && before.state() == PartitionState.DEAD_LETTER_BLOCKED) {
            return deadLetter(record, partition, before.failure(), before.attempts(), before.firstFailure());
        }
        Failure failure = this.errors.classify(thrown);
        int attempts = (again && before != null) ? before.attempts() : 0;
        this.observer.failed(this.listener, failure.errorClass());
        if (failure.errorClass() == ErrorClass.DEPENDENCY_DOWN) {
            hold(record, partition, failure, attempts);
            return false;
        }
        this.gate.answered(partition);
        boolean hopeless = failure.errorClass() == ErrorClass.BAD_DATA;
        int counted = (failure.retryAfter() == null) ? attempts + 1 : attempts;
        if (hopeless && this.settings.badData() == BadData.SKIP) {
            skip(record, failure);
            return true;
        }
        boolean givenUp = hopeless || (failure.retryAfter() == null && counted >= this.settings.maxAttempts());
        if (givenUp && this.deadLetters.takes(record.topic())) {
            Instant firstFailure = (again && before != null) ? before.firstFailure() : Instant.now();
            return deadLetter(record, partition, failure, counted, firstFailure);
        }
        backOff(record, partition, failure, counted);
        return false;
    }

    /**
     * Handles the failure of a batch whose handler did not say which record is bad.
     * @return whether its records are to be tried one by one from now on: the batch has failed often enough, or one of
     * them is bad
     */
    boolean handleWhole(Throwable thrown, ConsumerRecord<?, ?> first) {
        TopicPartition partition = new TopicPartition(first.topic(), first.partition());
        Failure failure = this.errors.classify(thrown);
        this.observer.failed(this.listener, failure.errorClass());
        Trouble before = this.partitions.troubleOf(partition);
        int attempts = (before != null && before.offset() == first.offset()) ? before.attempts() : 0;
        if (failure.errorClass() == ErrorClass.DEPENDENCY_DOWN) {
            hold(first, partition, failure, attempts);
            return false;
        }
        this.gate.answered(partition);
        int counted = (failure.retryAfter() == null) ? attempts + 1 : attempts;
        if (failure.errorClass() == ErrorClass.BAD_DATA || counted >= this.settings.maxAttempts()) {
            return true;
        }
        backOff(first, partition, failure, counted);
        return false;
    }

    /**
     * Gives up a record that failed alone, after the batch it was in had failed often enough.
     * @return as {@link #handle}
     */
    boolean handleIsolated(Throwable thrown, ConsumerRecord<?, ?> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        Failure failure = this.errors.classify(thrown);
        boolean givenUp = failure.errorClass() == ErrorClass.TRANSIENT
                && failure.retryAfter() == null
                && this.deadLetters.takes(record.topic());
        if (!givenUp) {
            return handle(thrown, record);
        }
        this.observer.failed(this.listener, failure.errorClass());
        this.gate.answered(partition);
        boolean done = deadLetter(record, partition, failure, this.settings.maxAttempts(), Instant.now());
        if (done) {
            this.partitions.done(partition, record.offset());
        }
        return done;
    }

    private void hold(ConsumerRecord<?, ?> record, TopicPartition partition, Failure failure, int attempts) {
        Trouble trouble =
                this.partitions.pause(partition, PartitionState.HELD, record.offset(), attempts, failure, null);
        String dependency = failure.dependency();
        this.gate.hold(partition, (dependency != null) ? dependency : failure.text(), trouble.generation());
        logger.info("Listener {}: {} is held at {}: {}", this.listener, partition, record.offset(), trouble.reason());
    }

    private void backOff(ConsumerRecord<?, ?> record, TopicPartition partition, Failure failure, int attempts) {
        Duration delay = failure.retryAfter();
        if (delay == null) {
            delay = this.settings.pauseAfter(attempts);
        }
        this.partitions.pause(partition, PartitionState.BACKOFF, record.offset(), attempts, failure, delay);
        boolean first = attempts == 1 && failure.errorClass() == ErrorClass.TRANSIENT;
        logger.warn(
                "Listener {}: record {}@{} failed, attempt {} of {}; its partition is paused for {} ms: {}",
                this.listener,
                partition,
                record.offset(),
                attempts,
                this.settings.maxAttempts(),
                delay.toMillis(),
                failure.text(),
                first ? failure.error() : null);
    }

    private boolean deadLetter(
            ConsumerRecord<?, ?> record,
            TopicPartition partition,
            Failure failure,
            int attempts,
            Instant firstFailure) {
        CompletableFuture<PublishResult> durable = this.deadLetters.send(record, failure, attempts, firstFailure);
        if (await(durable)) {
            deadLettered(record, partition, failure, attempts);
            return true;
        }
        Trouble trouble = this.partitions.pause(
                partition, PartitionState.DEAD_LETTER_BLOCKED, record.offset(), attempts, failure, null);
        durable.whenComplete((result, error) -> this.threads.schedule(Duration.ZERO, () -> {
            if (error == null) {
                deadLettered(record, partition, failure, attempts);
                this.partitions.release(partition, trouble.generation(), true);
            } else {
                blocked(record, partition, trouble, error);
            }
        }));
        return false;
    }

    private void blocked(ConsumerRecord<?, ?> record, TopicPartition partition, Trouble trouble, Throwable error) {
        Duration delay = this.settings.pauseAfter(1);
        logger.error(
                "Listener {}: the dead letter of record {}@{} is not durable; its partition stays paused, next try in {} ms: {}",
                this.listener,
                partition,
                record.offset(),
                delay.toMillis(),
                ErrorTable.unwrap(error).toString());
        this.partitions.releaseAfter(delay, partition, trouble.generation());
    }

    private void deadLettered(ConsumerRecord<?, ?> record, TopicPartition partition, Failure failure, int attempts) {
        logger.warn(
                "Listener {}: record {}@{} was dead-lettered to {} after {} attempts: {} {}",
                this.listener,
                partition,
                record.offset(),
                this.deadLetters.topicFor(record.topic()),
                attempts,
                failure.errorClass(),
                failure.text());
        this.observer.givenUp(this.listener, true);
    }

    private void skip(ConsumerRecord<?, ?> record, Failure failure) {
        logger.warn(
                "Listener {}: bad record skipped: topic {}, partition {}, offset {}, hash of the key {}: {}",
                this.listener,
                record.topic(),
                record.partition(),
                record.offset(),
                hash(record.key()),
                failure.text());
        this.observer.givenUp(this.listener, false);
    }

    private static String hash(@Nullable Object key) {
        int hash = (key instanceof byte[] bytes) ? Arrays.hashCode(bytes) : (key == null) ? 0 : key.hashCode();
        return Integer.toHexString(hash);
    }

    private static boolean await(CompletableFuture<?> future) {
        try {
            future.get(INLINE_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException ex) {
            return false;
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
