package io.github.resilientkafka.listener;

import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.AcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.listener.MessageListener;
import org.springframework.kafka.listener.adapter.AbstractDelegatingMessageListenerAdapter;
import org.springframework.kafka.listener.adapter.AsyncRepliesAware;
import org.springframework.kafka.listener.adapter.RecordMessagingMessageListenerAdapter;
import org.springframework.kafka.support.Acknowledgment;

/**
 * The application's record listener, guarded.
 */
final class GuardedRecordListener<K, V> extends AbstractDelegatingMessageListenerAdapter<MessageListener<K, V>>
        implements AcknowledgingConsumerAwareMessageListener<K, V>, AsyncRepliesAware {

    private final ListenerGuard guard;

    private final FailedFutures failedFutures;

    /** Null unless the handler returns futures. */
    private final @Nullable RecordMessagingMessageListenerAdapter<K, V> futures;

    GuardedRecordListener(MessageListener<K, V> delegate, ListenerGuard guard, FailedFutures failedFutures) {
        super(delegate);
        this.guard = guard;
        this.failedFutures = failedFutures;
        this.futures = FailedFutures.adapterOf(delegate);
    }

    @Override
    public void onMessage(
            ConsumerRecord<K, V> record, @Nullable Acknowledgment acknowledgment, @Nullable Consumer<?, ?> consumer) {
        CurrentRecords current = CurrentRecords.ofThread();
        if (!this.guard.admits(record)) {
            this.guard.done(record);
            current.returned(record);
            if (acknowledgment != null) {
                acknowledgment.acknowledge();
            }
            return;
        }
        if (this.futures != null) {
            this.failedFutures.requireRoom();
            this.failedFutures.listenTo(this.futures);
        }
        long start = System.nanoTime();
        current.begin(record);
        try {
            handle(record, acknowledgment, consumer);
        } catch (LinkageError | AssertionError | StackOverflowError error) {
            throw new HandlerErrorException(error);
        } catch (Error error) {
            this.guard.fatal(error, List.of(record));
            throw error;
        } finally {
            current.end();
        }
        this.guard.handled(record, System.nanoTime() - start);
        current.returned(record);
    }

    /**
     * As the container calls it: without an acknowledgment or a consumer where it has none.
     */
    @SuppressWarnings("NullAway")
    private void handle(
            ConsumerRecord<K, V> record, @Nullable Acknowledgment acknowledgment, @Nullable Consumer<?, ?> consumer) {
        switch (this.delegateType) {
            case ACKNOWLEDGING_CONSUMER_AWARE -> this.delegate.onMessage(record, acknowledgment, consumer);
            case ACKNOWLEDGING -> this.delegate.onMessage(record, acknowledgment);
            case CONSUMER_AWARE -> this.delegate.onMessage(record, consumer);
            case SIMPLE -> this.delegate.onMessage(record);
        }
    }

    @Override
    public void onMessage(ConsumerRecord<K, V> record) {
        onMessage(record, null, null);
    }

    @Override
    public void onMessage(ConsumerRecord<K, V> record, @Nullable Acknowledgment acknowledgment) {
        onMessage(record, acknowledgment, null);
    }

    @Override
    public void onMessage(ConsumerRecord<K, V> record, Consumer<?, ?> consumer) {
        onMessage(record, null, consumer);
    }

    @Override
    public boolean isAsyncReplies() {
        return this.delegate instanceof AsyncRepliesAware replies && replies.isAsyncReplies();
    }
}
