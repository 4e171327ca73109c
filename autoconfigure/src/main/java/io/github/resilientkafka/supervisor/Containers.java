package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.support.TopicPartitionOffset;

/**
 * What is asked of containers, and done to them. Some of it waits for the container's lock, which is held while it starts.
 */
final class Containers {

    private static final Logger logger = LoggerFactory.getLogger(Containers.class);

    private static final String LAST_POLL = "last-poll-seconds-ago";

    private static final String CONNECTIONS = "connection-count";

    private Containers() {}

    /**
     * Returns the containers that have a consumer each: the children, or the container itself.
     */
    static List<AbstractMessageListenerContainer<?, ?>> parts(AbstractMessageListenerContainer<?, ?> container) {
        return (container instanceof ConcurrentMessageListenerContainer<?, ?> concurrent)
                ? List.copyOf(concurrent.getContainers())
                : List.of(container);
    }

    /**
     * Returns whether a container has no children, and so a consumer of its own.
     */
    static boolean isSingle(AbstractMessageListenerContainer<?, ?> container) {
        return !(container instanceof ConcurrentMessageListenerContainer);
    }

    /**
     * Returns how many consumers there should be.
     */
    static int consumers(AbstractMessageListenerContainer<?, ?> container) {
        return (container instanceof ConcurrentMessageListenerContainer<?, ?> concurrent)
                ? concurrent.getConcurrency()
                : 1;
    }

    static List<String> topics(AbstractMessageListenerContainer<?, ?> container) {
        ContainerProperties properties = container.getContainerProperties();
        if (properties.getTopics() != null) {
            return List.of(properties.getTopics());
        }
        if (properties.getTopicPattern() != null) {
            return List.of(properties.getTopicPattern().pattern());
        }
        return assigned(properties).stream()
                .map(TopicPartitionOffset::getTopic)
                .distinct()
                .toList();
    }

    /**
     * Returns the partitions that the container has without a group's doing.
     */
    static List<TopicPartitionOffset> assigned(ContainerProperties properties) {
        TopicPartitionOffset[] partitions = properties.getTopicPartitions();
        return (partitions == null) ? List.of() : Arrays.asList(partitions);
    }

    /**
     * Returns how long ago a container's consumer was last polled, or zero if it has not been yet.
     */
    static Duration lastPoll(AbstractMessageListenerContainer<?, ?> part) {
        return Duration.ofMillis((long) (Math.max(0, most(part, LAST_POLL)) * 1000));
    }

    /**
     * Returns whether a container's consumer is known to have no connection to Kafka.
     */
    static boolean isDisconnected(AbstractMessageListenerContainer<?, ?> part) {
        return most(part, CONNECTIONS) == 0;
    }

    /**
     * Returns the largest value of a metric that a container's consumer has, or -1 if it has none.
     */
    private static double most(AbstractMessageListenerContainer<?, ?> part, String name) {
        double most = -1;
        for (Map<MetricName, ? extends Metric> metrics : part.metrics().values()) {
            for (Map.Entry<MetricName, ? extends Metric> metric : metrics.entrySet()) {
                if (metric.getKey().name().equals(name) && metric.getValue().metricValue() instanceof Number value) {
                    most = Math.max(most, value.doubleValue());
                }
            }
        }
        return most;
    }

    /**
     * Stops a container and waits for its handler.
     * @return whether it ended in time
     */
    static boolean stop(AbstractMessageListenerContainer<?, ?> container, Consumer<Runnable> stop) {
        CountDownLatch ended = new CountDownLatch(1);
        quietly(() -> stop.accept(ended::countDown));
        try {
            return ended.await(container.getContainerProperties().getShutdownTimeout(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * A container counts its children that were started and have not said that they stopped. Those that died without a
     * word would be waited for for ever.
     */
    static void forgetDeadChildren(AbstractMessageListenerContainer<?, ?> container) {
        for (AbstractMessageListenerContainer<?, ?> part : parts(container)) {
            if (part != container && container.isChildRunning()) {
                quietly(() -> container.childStopped(part, Reason.NORMAL));
            }
        }
    }

    /**
     * Has a container do what it tells the application's event listeners of: they may throw, which is no reason to leave
     * a listener as it is.
     */
    static void quietly(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error ex) {
            logger.warn("An event listener that was told of a container has thrown", ex);
        }
    }
}
