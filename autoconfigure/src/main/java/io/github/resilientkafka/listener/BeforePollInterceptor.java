package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.BatchInterceptor;

/**
 * Has things done on a batch consumer's thread before each of its polls. Around the application's own interceptor.
 */
final class BeforePollInterceptor<K, V> implements BatchInterceptor<K, V> {

    private final @Nullable BatchInterceptor<K, V> application;

    private final Task task;

    /**
     * What is done.
     */
    @FunctionalInterface
    interface Task {

        void run(Consumer<?, ?> consumer);
    }

    BeforePollInterceptor(@Nullable BatchInterceptor<K, V> application, Task task) {
        this.application = application;
        this.task = task;
    }

    @Override
    public void setupThreadState(Consumer<?, ?> consumer) {
        this.task.run(consumer);
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
