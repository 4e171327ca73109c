package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Decides what becomes of a record whose handler failed: its partition is paused and it is tried again, or held, or it is
 * given up, as a dead letter or skipped. Called on consumer threads only.
 */
final class FailedRecords {

    private static final Logger logger = LoggerFactory.getLogger(FailedRecords.class);

    private final String listener;

    private final ListenerSettings settings;

    private final ErrorTable errors;

    private final ListenerPartitions partitions;

    private final DependencyGate gate;

    private final Departures departures;

    private final DeadLetterSender deadLetters;

    private final RetryMoves moves;

    private final ListenerObserver observer;

    private final Clock clock;

    /**
     * What happened to a record before its handler failed now.
     */
    private record Past(int attempts, Instant firstFailure) {}

    FailedRecords(
            String listener,
            ListenerSettings settings,
            ErrorTable errors,
            ListenerPartitions partitions,
            DependencyGate gate,
            Departures departures,
            DeadLetterSender deadLetters,
            RetryMoves moves,
            ListenerObserver observer,
            Clock clock) {
        this.listener = listener;
        this.settings = settings;
        this.errors = errors;
        this.partitions = partitions;
        this.gate = gate;
        this.departures = departures;
        this.deadLetters = deadLetters;
        this.moves = moves;
        this.observer = observer;
        this.clock = clock;
    }

    /**
     * Handles a failure.
     * @return whether the record is done with, and its offset may be committed; otherwise its partition is paused
     */
    boolean handle(Throwable thrown, ConsumerRecord<?, ?> record) {
        boolean done = false;
        try {
            done = decide(thrown, record);
        } catch (RuntimeException ex) {
            undecided(record, thrown, ex);
        }
        if (done) {
            this.partitions.done(Partitions.of(record), record.offset());
        }
        return done;
    }

    /**
     * Whatever goes wrong in deciding, the record must not be passed over.
     */
    private void undecided(ConsumerRecord<?, ?> record, Throwable thrown, RuntimeException problem) {
        logger.error("Listener {}: what to do with a failed record could not be decided", this.listener, problem);
        Failure failure = new Failure(ErrorClass.TRANSIENT, ErrorTable.unwrap(thrown), null, null);
        backOff(record, Partitions.of(record), failure, 1);
    }

    private boolean decide(Throwable thrown, ConsumerRecord<?, ?> record) {
        TopicPartition partition = Partitions.of(record);
        Trouble trouble = this.partitions.troubleOf(partition);
        Trouble before = (trouble != null && trouble.offset() == record.offset()) ? trouble : null;
        RetryTicket ticket = this.moves.ticketOf(record);
        if (ErrorTable.unwrap(thrown) instanceof NotHandledException notHandled) {
            switch (notHandled.reason()) {
                case PAUSED -> {
                    return false;
                }
                case NOT_DUE -> {
                    waitUntilDue(record, partition, notHandled, ticket);
                    return false;
                }
                case OTHER_GROUP -> {
                    return true;
                }
                default -> {}
            }
        }
        if (before != null && before.durable()) {
            return true;
        }
        Past past = pastOf(before, ticket, this.partitions.isolation().of(record));
        if (before != null && before.state() == PartitionState.DEAD_LETTER_BLOCKED) {
            return leave(record, before.failure(), before.attempts(), past.firstFailure());
        }
        Failure failure = this.errors.classify(thrown);
        int attempts = past.attempts();
        this.observer.failed(this.listener, failure.errorClass());
        if (failure.errorClass() == ErrorClass.DEPENDENCY_DOWN) {
            hold(record, partition, failure, attempts);
            return false;
        }
        this.gate.answered(partition);
        if (failure.errorClass() == ErrorClass.BAD_DATA && this.settings.badData() == BadData.SKIP) {
            skip(record, failure);
            return true;
        }
        int counted = (failure.retryAfter() == null) ? attempts + 1 : attempts;
        if (leaves(record, failure, counted)) {
            return leave(record, failure, counted, past.firstFailure());
        }
        backOff(record, partition, failure, counted);
        return false;
    }

    private Past pastOf(@Nullable Trouble before, @Nullable RetryTicket ticket, Isolation.@Nullable Batch batch) {
        int attempts = (before != null) ? before.attempts() : (ticket != null) ? ticket.attempts() : 0;
        if (ticket != null) {
            return new Past(attempts, ticket.firstFailure());
        }
        if (batch != null) {
            return new Past(Math.max(attempts, batch.attempts()), batch.firstFailure());
        }
        return new Past(attempts, (before != null) ? before.firstFailure() : this.clock.instant());
    }

    private boolean givenUp(Failure failure, int attempts) {
        return failure.errorClass() == ErrorClass.BAD_DATA
                || (failure.retryAfter() == null && attempts >= this.settings.maxAttempts());
    }

    private boolean leaves(ConsumerRecord<?, ?> record, Failure failure, int attempts) {
        return givenUp(failure, attempts) ? this.deadLetters.takes(record.topic()) : this.moves.away();
    }

    /**
     * The record goes where its failure sends it: to be tried again later, or to the dead letters.
     */
    private boolean leave(ConsumerRecord<?, ?> record, Failure failure, int attempts, Instant firstFailure) {
        RetryTicket ticket = this.moves.ticketOf(record);
        Origin origin = (ticket != null) ? ticket.origin() : Origin.of(record);
        return this.departures.send(
                new FailedRecord(record, origin, failure, attempts, firstFailure),
                givenUp(failure, attempts) ? this.deadLetters : this.moves.destination());
    }

    /**
     * Handles the failure of a batch whose handler did not say which record is bad. Its records are tried one by one from
     * now on if the batch has failed often enough, or one of them is bad, or those that fail alone are moved away at once.
     */
    void handleWhole(Throwable thrown, List<ConsumerRecord<?, ?>> records) {
        try {
            decideWhole(thrown, records);
        } catch (RuntimeException ex) {
            undecided(records.get(0), thrown, ex);
        }
    }

    private void decideWhole(Throwable thrown, List<ConsumerRecord<?, ?>> records) {
        ConsumerRecord<?, ?> first = records.get(0);
        TopicPartition partition = Partitions.of(first);
        Failure failure = this.errors.classify(thrown);
        this.observer.failed(this.listener, failure.errorClass());
        Trouble trouble = this.partitions.troubleOf(partition);
        Trouble before = (trouble != null && trouble.offset() == first.offset()) ? trouble : null;
        Past past = pastOf(before, null, null);
        int attempts = past.attempts();
        if (failure.errorClass() == ErrorClass.DEPENDENCY_DOWN) {
            hold(first, partition, failure, attempts);
            return;
        }
        this.gate.answered(partition);
        int counted = (failure.retryAfter() == null) ? attempts + 1 : attempts;
        if (this.moves.away() || givenUp(failure, counted)) {
            // Moved away at their first failure alone, records have their attempts still before them.
            this.partitions.isolation().begin(records, this.moves.away() ? 0 : counted, past.firstFailure());
            logger.warn(
                    "Listener {}: batch {}@{} to {} failed as a whole, attempt {} of {}: its records are tried one by one: {}",
                    this.listener,
                    partition,
                    first.offset(),
                    records.get(records.size() - 1).offset(),
                    counted,
                    this.settings.maxAttempts(),
                    failure.text());
            return;
        }
        backOff(first, partition, failure, counted);
    }

    private void hold(ConsumerRecord<?, ?> record, TopicPartition partition, Failure failure, int attempts) {
        Trouble trouble =
                this.partitions.pause(partition, PartitionState.HELD, record.offset(), attempts, failure, null);
        if (trouble == null) {
            return;
        }
        String dependency = failure.dependency();
        this.gate.hold(partition, (dependency != null) ? dependency : failure.text(), trouble.generation());
        logger.atLevel((trouble.times() == 1) ? Level.WARN : Level.DEBUG)
                .log("Listener {}: {} is held at {}: {}", this.listener, partition, record.offset(), trouble.reason());
    }

    /**
     * No attempt: the record came round, or was read, before its time.
     */
    private void waitUntilDue(
            ConsumerRecord<?, ?> record,
            TopicPartition partition,
            NotHandledException notHandled,
            @Nullable RetryTicket ticket) {
        if (ticket != null) {
            Duration delay = Duration.between(Instant.now(), ticket.notBefore());
            Failure failure = new Failure(ErrorClass.TRANSIENT, notHandled, null, delay);
            this.partitions.pause(
                    partition,
                    PartitionState.BACKOFF,
                    record.offset(),
                    ticket.attempts(),
                    failure,
                    delay.isNegative() ? Duration.ZERO : delay);
        }
    }

    private void backOff(ConsumerRecord<?, ?> record, TopicPartition partition, Failure failure, int attempts) {
        Duration delay = failure.retryAfter();
        if (delay == null) {
            delay = this.settings.pauseAfter(attempts);
        }
        this.partitions.pause(partition, PartitionState.BACKOFF, record.offset(), attempts, failure, delay);
        if (failure.retryAfter() != null) {
            logger.info(
                    "Listener {}: its handler wants record {}@{} again in {} ms, until then its partition is paused: {}",
                    this.listener,
                    partition,
                    record.offset(),
                    delay.toMillis(),
                    failure.text());
            return;
        }
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

    private void skip(ConsumerRecord<?, ?> record, Failure failure) {
        logger.warn("Listener {}: bad record skipped: {}: {}", this.listener, RecordText.of(record), failure.text());
        this.observer.givenUp(this.listener, false);
    }
}
