package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.NotHandledException.Reason;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands before and behind a listener's handler. Costs nearly nothing while nothing is wrong.
 */
final class ListenerGuard {

    private static final Logger logger = LoggerFactory.getLogger(ListenerGuard.class);

    private final String listener;

    private final ListenerPartitions partitions;

    private final DependencyGate gate;

    private final Decisions decisions;

    private final RetryMoves moves;

    private final ListenerObserver observer;

    private final PollBudget budget;

    private final LongAdder handled = new LongAdder();

    private volatile @Nullable Error fatal;

    ListenerGuard(
            String listener,
            ListenerPartitions partitions,
            DependencyGate gate,
            Decisions decisions,
            RetryMoves moves,
            ListenerObserver observer,
            PollBudget budget) {
        this.listener = listener;
        this.partitions = partitions;
        this.gate = gate;
        this.decisions = decisions;
        this.moves = moves;
        this.observer = observer;
        this.budget = budget;
    }

    /**
     * To be asked before a handler is called for a record.
     * @return whether to call it; if not, the record is done with
     * @throws NotHandledException if its partition is to be paused, or only its dead letter to be tried again
     * @throws DependencyDownException if a dependency is known to be down
     */
    boolean admits(ConsumerRecord<?, ?> record) {
        Reason reason = reasonAgainst(record);
        if (reason == Reason.DEAD_LETTERED || reason == Reason.OTHER_GROUP) {
            return false;
        }
        if (reason != null) {
            throw new NotHandledException(reason, record);
        }
        requireDependencies();
        return true;
    }

    /**
     * To be asked before a handler is called for a batch.
     * @throws NotHandledException if one of the records must not be handled
     * @throws DependencyDownException if a dependency is known to be down
     */
    void admitAll(List<? extends ConsumerRecord<?, ?>> records) {
        if (!this.partitions.calm() || this.moves.readsTickets()) {
            for (ConsumerRecord<?, ?> record : records) {
                Reason reason = reasonAgainst(record);
                if (reason != null) {
                    throw new NotHandledException(reason, record);
                }
            }
        }
        requireDependencies();
    }

    /**
     * To be called on a consumer's thread before each poll.
     */
    void beforePoll(Consumer<?, ?> consumer) {
        this.partitions.beforePoll();
        this.budget.polls(consumer);
    }

    /**
     * Returns whether a record has to wait for one before it.
     */
    boolean waits(ConsumerRecord<?, ?> record) {
        return !this.partitions.calm() && reasonAgainst(record) == Reason.PAUSED;
    }

    private @Nullable Reason reasonAgainst(ConsumerRecord<?, ?> record) {
        Reason reason = this.partitions.calm() ? null : partitionsReasonAgainst(record);
        return (reason != null) ? reason : this.moves.reasonAgainst(record);
    }

    private @Nullable Reason partitionsReasonAgainst(ConsumerRecord<?, ?> record) {
        TopicPartition partition = Partitions.of(record);
        Trouble trouble = this.partitions.troubleOf(partition);
        if (trouble == null || record.offset() < trouble.offset()) {
            return null;
        }
        boolean behind = record.offset() > trouble.offset();
        if (behind && this.decisions.stopped(partition)) {
            return Reason.PAUSED;
        }
        if (!trouble.released()) {
            this.partitions.pauseAgain(partition);
            return Reason.PAUSED;
        }
        if (behind) {
            return null;
        }
        if (trouble.durable()) {
            return Reason.DEAD_LETTERED;
        }
        return (trouble.state() == PartitionState.DEAD_LETTER_BLOCKED) ? Reason.DEAD_LETTER_DUE : null;
    }

    private void requireDependencies() {
        String down = this.gate.closedBy();
        if (down != null) {
            throw new DependencyDownException(down);
        }
    }

    /**
     * Returns whether the records of a batch are to be handled one by one.
     */
    boolean isolates(ConsumerRecord<?, ?> first) {
        return this.partitions.isolation().of(first) != null;
    }

    /**
     * A handler returned for a record.
     */
    void handled(ConsumerRecord<?, ?> record, long nanos) {
        this.handled.increment();
        this.observer.handled(this.listener, 1, false, nanos);
        done(record);
    }

    /**
     * A handler returned for a batch.
     */
    void handledAll(List<? extends ConsumerRecord<?, ?>> records, long nanos) {
        this.handled.add(records.size());
        this.observer.handled(this.listener, records.size(), true, nanos);
        if (!this.partitions.calm()) {
            records.forEach(this::done);
        }
    }

    /**
     * A record is done with.
     */
    void done(ConsumerRecord<?, ?> last) {
        if (!this.partitions.calm()) {
            TopicPartition partition = Partitions.of(last);
            if (this.partitions.isOurs(partition)) {
                this.partitions.done(partition, last.offset());
                this.gate.answered(partition);
            }
        }
    }

    /**
     * A handler has thrown what ends its container.
     */
    void fatal(Error error, List<? extends ConsumerRecord<?, ?>> records) {
        this.fatal = error;
        logger.error(
                "Listener {}: its handler threw an error, which ends its container, at {}: {}",
                this.listener,
                RecordText.ofAll(records),
                error.toString());
    }

    /**
     * Returns what ended the container since this was last asked, if a handler threw it.
     */
    @Nullable
    Error takeFatalError() {
        Error error = this.fatal;
        this.fatal = null;
        return error;
    }

    /**
     * Returns how many records handlers were given and did not fail for.
     */
    long handledCount() {
        return this.handled.sum();
    }
}
