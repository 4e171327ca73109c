package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.RecordInterceptor;

/**
 * Decides of each failed record before the container asks its error handler: what is done with by then needs no seek. Around
 * the application's own interceptor.
 */
final class FailureInterceptor<K, V> implements RecordInterceptor<K, V> {

    private final @Nullable RecordInterceptor<K, V> application;

    private final FailedRecords failedRecords;

    private final Decisions decisions;

    FailureInterceptor(
            @Nullable RecordInterceptor<K, V> application, FailedRecords failedRecords, Decisions decisions) {
        this.application = application;
        this.failedRecords = failedRecords;
        this.decisions = decisions;
    }

    @Override
    public void failure(ConsumerRecord<K, V> record, Exception thrown, Consumer<K, V> consumer) {
        if (!PartitionPausingErrorHandler.isConsumersOwn(thrown)) {
            this.decisions.set(record, this.failedRecords.handle(thrown, record));
        }
        if (this.application != null) {
            this.application.failure(record, thrown, consumer);
        }
    }

    @Override
    public @Nullable ConsumerRecord<K, V> intercept(ConsumerRecord<K, V> record, Consumer<K, V> consumer) {
        return (this.application == null) ? record : this.application.intercept(record, consumer);
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
