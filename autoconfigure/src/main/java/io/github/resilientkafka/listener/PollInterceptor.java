package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.BatchInterceptor;

/**
 * What is to be done around each poll of a batch listener. Around the application's own interceptor.
 */
final class PollInterceptor<K, V> implements BatchInterceptor<K, V> {

    private final @Nullable BatchInterceptor<K, V> application;

    private final ListenerGuard guard;

    private final @Nullable CollectingBatchListener<?, ?> collector;

    /**
     * Creates an interceptor.
     * @param collector who collects batches, if somebody does: what has waited long enough is handed over before a poll
     */
    PollInterceptor(
            @Nullable BatchInterceptor<K, V> application,
            ListenerGuard guard,
            @Nullable CollectingBatchListener<?, ?> collector) {
        this.application = application;
        this.guard = guard;
        this.collector = collector;
    }

    @Override
    public void setupThreadState(Consumer<?, ?> consumer) {
        this.guard.beforePoll(consumer);
        if (this.collector != null) {
            this.collector.flushDue(consumer);
        }
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

    @Override
    public @Nullable ConsumerRecords<K, V> intercept(ConsumerRecords<K, V> records, Consumer<K, V> consumer) {
        return (this.application == null) ? records : this.application.intercept(records, consumer);
    }

    @Override
    public void success(ConsumerRecords<K, V> records, Consumer<K, V> consumer) {
        if (this.application != null) {
            this.application.success(records, consumer);
        }
    }

    @Override
    public void failure(ConsumerRecords<K, V> records, Exception exception, Consumer<K, V> consumer) {
        if (this.application != null) {
            this.application.failure(records, exception, consumer);
        }
    }
}
