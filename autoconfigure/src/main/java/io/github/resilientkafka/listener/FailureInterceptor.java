package io.github.resilientkafka.listener;

import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.RecordInterceptor;

/**
 * Decides of each failed record before the container asks its error handler. Around the application's own interceptor, which
 * is not told of records that were not handled as their partition is paused.
 */
final class FailureInterceptor<K, V> implements RecordInterceptor<K, V> {

    private final @Nullable RecordInterceptor<K, V> application;

    private final ListenerGuard guard;

    private final Blame blame;

    private final FailedRecords failedRecords;

    private final Decisions decisions;

    private final boolean seeksForAll;

    /**
     * Creates an interceptor.
     * @param seeksForAll whether the consumer is to seek back for all records of a poll when one has failed: where the
     * container waits for acknowledgments of each of them, it has to be told of those that will not come; where a pause of
     * the container takes effect at once, it would keep those behind the failed one for later
     */
    FailureInterceptor(
            @Nullable RecordInterceptor<K, V> application,
            ListenerGuard guard,
            Blame blame,
            FailedRecords failedRecords,
            Decisions decisions,
            boolean seeksForAll) {
        this.application = application;
        this.guard = guard;
        this.blame = blame;
        this.failedRecords = failedRecords;
        this.decisions = decisions;
        this.seeksForAll = seeksForAll;
    }

    @Override
    public void failure(ConsumerRecord<K, V> record, Exception thrown, Consumer<K, V> consumer) {
        this.decisions.clear();
        if (this.decisions.stopped(Partitions.of(record))) {
            // Behind a failed one of the same poll: whatever is wrong with it, it is not its turn.
            this.decisions.set(record, false);
            return;
        }
        if (!this.seeksForAll && this.blame.isOn(List.of(record), thrown)) {
            this.decisions.set(record, this.failedRecords.handle(thrown, record));
        }
        if (this.application != null && !(ErrorTable.unwrap(thrown) instanceof NotHandledException)) {
            this.application.failure(record, thrown, consumer);
        }
    }

    @Override
    public @Nullable ConsumerRecord<K, V> intercept(ConsumerRecord<K, V> record, Consumer<K, V> consumer) {
        // What it leaves out would be acknowledged, over the head of the record that it has to wait for.
        return (this.application == null || this.guard.waits(record))
                ? record
                : this.application.intercept(record, consumer);
    }

    @Override
    public void success(ConsumerRecord<K, V> record, Consumer<K, V> consumer) {
        if (this.application != null) {
            this.application.success(record, consumer);
        }
    }

    @Override
    public void afterRecord(ConsumerRecord<K, V> record, Consumer<K, V> consumer) {
        if (this.application != null) {
            this.application.afterRecord(record, consumer);
        }
    }

    @Override
    public void setupThreadState(Consumer<?, ?> consumer) {
        this.decisions.nextPoll();
        this.guard.beforePoll(consumer);
        if (this.application != null) {
            this.application.setupThreadState(consumer);
        }
    }

    @Override
    public void clearThreadState(Consumer<?, ?> consumer) {
        if (this.application != null) {
            this.application.clearThreadState(consumer);
        }
    }
}
