package io.github.resilientkafka.listener;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.listener.adapter.AsyncRepliesAware;
import org.springframework.util.ReflectionUtils;

/**
 * The acknowledgments that a container waits for which takes them out of order: it polls nothing until it has them all. After a
 * failure those of records that come again never arrive, and it would be paused for ever; spring-kafka 4 forgets them in some
 * cases, 3.3 in none. They can be told of by reflection only.
 */
final class ExpectedAcks {

    static final String LISTENER_CONSUMER = "listenerConsumer";

    static final String CONSUMER = "consumer";

    static final String OFFSETS = "offsetsInThisBatch";

    static final String DEFERRED = "deferredOffsets";

    private static final @Nullable Field listenerConsumer =
            field(KafkaMessageListenerContainer.class, LISTENER_CONSUMER);

    private static final @Nullable Field consumerOf = ofListenerConsumer(CONSUMER);

    private static final @Nullable Field expected = ofListenerConsumer(OFFSETS);

    private static final @Nullable Field early = ofListenerConsumer(DEFERRED);

    private ExpectedAcks() {}

    private static @Nullable Field ofListenerConsumer(String name) {
        return (listenerConsumer == null) ? null : field(listenerConsumer.getType(), name);
    }

    private static @Nullable Field field(Class<?> type, String name) {
        Field field = ReflectionUtils.findField(type, name);
        if (field != null) {
            ReflectionUtils.makeAccessible(field);
        }
        return field;
    }

    /**
     * Returns whether a container takes acknowledgments out of order.
     */
    static boolean areOutOfOrder(ContainerProperties properties) {
        return properties.isAsyncAcks()
                || (properties.getMessageListener() instanceof AsyncRepliesAware replies && replies.isAsyncReplies());
    }

    /**
     * Returns whether this version of spring-kafka keeps them where we look for them.
     */
    static boolean known() {
        return consumerOf != null && expected != null && early != null;
    }

    /**
     * Makes a container wait no longer for the acknowledgments of records that its consumer will read again, or is done
     * with. Does nothing where acknowledgments come in order. To be called on the consumer's thread.
     */
    static void forget(
            Iterable<? extends ConsumerRecord<?, ?>> records,
            Consumer<?, ?> consumer,
            MessageListenerContainer container) {
        // Who stops a container may hold the lock that it takes to ask for its children, and wait for this thread.
        if (!areOutOfOrder(container.getContainerProperties()) || !known() || !container.isRunning()) {
            return;
        }
        List<? extends MessageListenerContainer> children =
                (container instanceof ConcurrentMessageListenerContainer<?, ?> concurrent)
                        ? concurrent.getContainers()
                        : List.of(container);
        for (MessageListenerContainer child : children) {
            Object consumers =
                    (child instanceof KafkaMessageListenerContainer<?, ?>) ? get(listenerConsumer, child) : null;
            if (consumers != null && get(consumerOf, consumers) == consumer) {
                synchronized (consumers) { // as the container itself does
                    forget(records, consumers);
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static void forget(Iterable<? extends ConsumerRecord<?, ?>> records, Object consumers) {
        Map<TopicPartition, List<Long>> offsets = (Map<TopicPartition, List<Long>>) get(expected, consumers);
        Map<TopicPartition, List<ConsumerRecord<?, ?>>> deferred =
                (Map<TopicPartition, List<ConsumerRecord<?, ?>>>) get(early, consumers);
        if (offsets == null || deferred == null) {
            return;
        }
        for (ConsumerRecord<?, ?> record : records) {
            TopicPartition partition = Partitions.of(record);
            List<Long> left = offsets.getOrDefault(partition, new ArrayList<>());
            left.remove((Long) record.offset());
            deferred.getOrDefault(partition, new ArrayList<>()).removeIf(acked -> acked.offset() == record.offset());
            if (left.isEmpty()) {
                offsets.remove(partition);
                deferred.remove(partition);
            }
        }
    }

    private static @Nullable Object get(@Nullable Field field, Object target) {
        return (field == null) ? null : ReflectionUtils.getField(field, target);
    }
}
