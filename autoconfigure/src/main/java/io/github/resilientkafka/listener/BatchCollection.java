package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ContainerProperties.AckMode;

/**
 * Prepares a container for a listener that collects batches.
 */
final class BatchCollection {

    private static final Duration LEAST_POLL_TIMEOUT = Duration.ofMillis(10);

    private BatchCollection() {}

    @SuppressWarnings("unchecked")
    static <K, V> CollectingBatchListener<K, V> collect(
            AbstractMessageListenerContainer<K, V> container, Batch batch, FailedBatches failedBatches) {
        ContainerProperties properties = container.getContainerProperties();
        requireOurCommits(container.getListenerId(), properties);
        GuardedBatchListener<K, V> guarded = (GuardedBatchListener<K, V>) properties.getMessageListener();
        requireResults(container.getListenerId(), guarded);
        CollectingBatchListener<K, V> listener = new CollectingBatchListener<>(
                guarded, failedBatches, container, batch.readBatchSize(), batch.flushInterval());
        properties.setMessageListener(listener);
        properties.setAckMode(AckMode.MANUAL);
        properties.setSubBatchPerPartition(true);
        // What waits is looked at between polls.
        Duration look = batch.flushInterval().dividedBy(4);
        PollTimeout.atMost((look.compareTo(LEAST_POLL_TIMEOUT) < 0) ? LEAST_POLL_TIMEOUT : look, properties);
        properties
                .getKafkaConsumerProperties()
                .putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(batch.readBatchSize()));
        return listener;
    }

    private static void requireResults(String id, GuardedBatchListener<?, ?> listener) {
        if (listener.isAsyncReplies()) {
            throw new ConfigurationException(
                    ListenerProperties.PREFIX + "instances." + id + ".batch.collect",
                    "the listener returns before it is done (a future), so it would be committed too early",
                    "Set " + ListenerProperties.PREFIX + "instances." + id
                            + ".batch.collect to false, or let the listener wait for its result.");
        }
    }

    private static void requireOurCommits(String id, ContainerProperties properties) {
        AckMode mode = properties.getAckMode();
        if (mode == AckMode.MANUAL || mode == AckMode.MANUAL_IMMEDIATE) {
            throw new ConfigurationException(
                    ListenerProperties.PREFIX + "instances." + id + ".batch.collect",
                    "the listener acknowledges itself (acknowledgment mode " + mode
                            + "), so nothing can be collected for it",
                    "Set " + ListenerProperties.PREFIX + "instances." + id
                            + ".batch.collect to false, or let the container acknowledge (spring.kafka.listener.ack-mode=batch).");
        }
    }
}
