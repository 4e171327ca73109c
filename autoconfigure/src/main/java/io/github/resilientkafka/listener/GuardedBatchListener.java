package io.github.resilientkafka.listener;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.BatchAcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.adapter.AbstractDelegatingMessageListenerAdapter;
import org.springframework.kafka.listener.adapter.AsyncRepliesAware;
import org.springframework.kafka.support.Acknowledgment;

/**
 * The application's batch listener, guarded.
 */
final class GuardedBatchListener<K, V> extends AbstractDelegatingMessageListenerAdapter<BatchMessageListener<K, V>>
        implements BatchAcknowledgingConsumerAwareMessageListener<K, V>, AsyncRepliesAware {

    private final ListenerGuard guard;

    GuardedBatchListener(BatchMessageListener<K, V> delegate, ListenerGuard guard) {
        super(delegate);
        this.guard = guard;
    }

    @Override
    public boolean isAsyncReplies() {
        return this.delegate instanceof AsyncRepliesAware replies && replies.isAsyncReplies();
    }

    @Override
    public boolean wantsPollResult() {
        return this.delegate.wantsPollResult();
    }

    @Override
    @SuppressWarnings("NullAway") // as the container calls it
    public void onMessage(
            ConsumerRecords<K, V> records, @Nullable Acknowledgment acknowledgment, Consumer<K, V> consumer) {
        List<ConsumerRecord<K, V>> all = new ArrayList<>(records.count());
        records.forEach(all::add);
        handle(
                all,
                acknowledgment,
                (some, ack) -> this.delegate.onMessage((some == all) ? records : of(some.get(0)), ack, consumer));
    }

    @Override
    @SuppressWarnings("NullAway") // as the container calls it
    public void onMessage(
            List<ConsumerRecord<K, V>> records,
            @Nullable Acknowledgment acknowledgment,
            @Nullable Consumer<?, ?> consumer) {
        handle(records, acknowledgment, (some, ack) -> {
            switch (this.delegateType) {
                case ACKNOWLEDGING_CONSUMER_AWARE -> this.delegate.onMessage(some, ack, consumer);
                case ACKNOWLEDGING -> this.delegate.onMessage(some, ack);
                case CONSUMER_AWARE -> this.delegate.onMessage(some, consumer);
                case SIMPLE -> this.delegate.onMessage(some);
            }
        });
    }

    private void handle(
            List<ConsumerRecord<K, V>> records, @Nullable Acknowledgment acknowledgment, Handler<K, V> handler) {
        if (records.isEmpty()) {
            handler.handle(records, acknowledgment);
            return;
        }
        this.guard.admitAll(records);
        if (this.guard.isolates(records.get(0))) {
            handleOneByOne(records, acknowledgment, handler);
        } else {
            long start = System.nanoTime();
            call(handler, records, acknowledgment);
            this.guard.handledAll(records, System.nanoTime() - start);
            CurrentRecords.ofThread().returned(records.get(records.size() - 1));
        }
    }

    /**
     * The batch has failed as a whole too often: this finds out which of its records does.
     */
    private void handleOneByOne(
            List<ConsumerRecord<K, V>> records, @Nullable Acknowledgment acknowledgment, Handler<K, V> handler) {
        List<AcknowledgmentOfOne> each = new ArrayList<>();
        for (int index = 0; index < records.size(); index++) {
            List<ConsumerRecord<K, V>> one = List.of(records.get(index));
            AcknowledgmentOfOne ack = (acknowledgment == null) ? null : new AcknowledgmentOfOne(acknowledgment, index);
            long start = System.nanoTime();
            try {
                call(handler, one, ack);
            } catch (RuntimeException ex) {
                throw new BatchListenerFailedException("Record failed alone", ErrorTable.unwrap(ex), index);
            }
            if (ack != null) {
                if (ack.isRefused()) {
                    return;
                }
                each.add(ack);
            }
            this.guard.handledAll(one, System.nanoTime() - start);
        }
        if (acknowledgment != null && each.stream().allMatch(AcknowledgmentOfOne::isGiven)) {
            acknowledgment.acknowledge();
        }
        CurrentRecords.ofThread().returned(records.get(records.size() - 1));
    }

    private void call(
            Handler<K, V> handler, List<ConsumerRecord<K, V>> records, @Nullable Acknowledgment acknowledgment) {
        CurrentRecords current = CurrentRecords.ofThread();
        current.begin(records);
        try {
            handler.handle(records, acknowledgment);
        } catch (LinkageError | AssertionError | StackOverflowError error) {
            throw new HandlerErrorException(error);
        } catch (Error error) {
            this.guard.fatal(error, records);
            throw error;
        } finally {
            current.end();
        }
    }

    private static <K, V> ConsumerRecords<K, V> of(ConsumerRecord<K, V> record) {
        return new ConsumerRecords<>(Map.of(Partitions.of(record), List.of(record)));
    }

    @FunctionalInterface
    private interface Handler<K, V> {

        void handle(List<ConsumerRecord<K, V>> records, @Nullable Acknowledgment acknowledgment);
    }

    @Override
    public void onMessage(List<ConsumerRecord<K, V>> records) {
        onMessage(records, null, null);
    }

    @Override
    public void onMessage(List<ConsumerRecord<K, V>> records, @Nullable Acknowledgment acknowledgment) {
        onMessage(records, acknowledgment, null);
    }

    @Override
    public void onMessage(List<ConsumerRecord<K, V>> records, Consumer<?, ?> consumer) {
        onMessage(records, null, consumer);
    }
}
