package io.github.resilientkafka.supervisor;

import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.Objects;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.ReflectionUtils;

/**
 * What a consumer holds that only the last act of its thread gives back: its Kafka client, which stays in its group, and
 * the monitor beside it, with a thread. A container shows neither, so fields are read; what is not found there is left.
 *
 * @param properties of its container
 * @param holder the object that has both, or null if it is not found
 */
record Leftovers(ContainerProperties properties, @Nullable Object holder) {

    static final String LISTENER_CONSUMER = "listenerConsumer";

    static final String FUTURE = "listenerConsumerFuture";

    static final String CONSUMER = "consumer";

    static final String SCHEDULER = "taskScheduler";

    static final String MONITOR = "monitorTask";

    private static final Logger logger = LoggerFactory.getLogger(Leftovers.class);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    /**
     * Returns what the present consumer of a container holds; null if the container is of a kind that we do not know.
     */
    static @Nullable Leftovers of(Object part) {
        return (part instanceof AbstractMessageListenerContainer<?, ?> container)
                ? new Leftovers(container.getContainerProperties(), read(container, LISTENER_CONSUMER))
                : null;
    }

    /**
     * As above, but null if a thread runs the consumer, or will: its task may wait in an executor.
     */
    static @Nullable Leftovers ofUnused(AbstractMessageListenerContainer<?, ?> part) {
        Leftovers left = of(part);
        return (read(part, FUTURE) instanceof Future<?> task && !task.isDone()) ? null : left;
    }

    /**
     * Gives all of it back.
     * @param known the Kafka client if it is known from elsewhere
     */
    void close(String listener, @Nullable Consumer<?, ?> known) {
        if (read(this.holder, MONITOR) instanceof Future<?> monitor) {
            monitor.cancel(true);
        }
        if (read(this.holder, SCHEDULER) instanceof ThreadPoolTaskScheduler scheduler
                && scheduler != this.properties.getScheduler()) {
            scheduler.shutdown();
        }
        Consumer<?, ?> left = (read(this.holder, CONSUMER) instanceof Consumer<?, ?> consumer) ? consumer : known;
        if (left != null) {
            try {
                close(left);
            } catch (KafkaException | IllegalStateException | ConcurrentModificationException ex) {
                logger.warn("The consumer that listener {} left behind could not be closed", listener, ex);
            }
        }
    }

    /**
     * A thread that died has left its consumer in the group, which would wait for it for max.poll.interval.ms. Nothing is
     * committed: the container would wait for its own thread to do so, for ever. So it is not to hear of it.
     */
    private void close(Consumer<?, ?> left) {
        try {
            if (this.properties.getTopicPartitions() == null) {
                if (this.properties.getTopicPattern() == null) {
                    left.subscribe(left.subscription(), new Deaf());
                } else {
                    left.subscribe(this.properties.getTopicPattern(), new Deaf());
                }
            }
        } finally {
            left.close(CLOSE_TIMEOUT);
        }
    }

    private static @Nullable Object read(@Nullable Object target, String name) {
        Field field = (target == null) ? null : ReflectionUtils.findField(target.getClass(), name);
        if (field == null) {
            return null;
        }
        ReflectionUtils.makeAccessible(field);
        return ReflectionUtils.getField(field, Objects.requireNonNull(target));
    }

    /**
     * Hears nothing of what is taken away.
     */
    private static final class Deaf implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
