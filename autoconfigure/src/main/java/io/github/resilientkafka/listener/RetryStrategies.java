package io.github.resilientkafka.listener;

import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Where records wait that are to be tried again: in their place, in a retry topic, or at the end of their own partition.
 */
final class RetryStrategies implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(RetryStrategies.class);

    private final RetryTopics topics;

    private final RetryProducer producer;

    private final RetryContainers containers;

    private final ListenerThreads threads;

    RetryStrategies(RetryTopics topics, RetryProducer producer, RetryContainers containers, ListenerThreads threads) {
        this.topics = topics;
        this.producer = producer;
        this.containers = containers;
        this.threads = threads;
    }

    /**
     * What becomes of the records of one container that are to be tried again.
     */
    @FunctionalInterface
    interface Retries {

        /** They stay, and their partition is paused. */
        Retries IN_PLACE = (id, settings, rawRecords, deadLetters) -> RetryMoves.NONE;

        RetryMoves moves(String id, ListenerSettings settings, RawRecords rawRecords, DeadLetterSender deadLetters);
    }

    /**
     * Of a listener whose records go to the end of their own partition.
     */
    Retries atTheEnd(String listener, String group) {
        this.producer.open();
        logger.warn(
                "Listener {}: strategy republish. A record that fails goes to the end of its partition: later records of its"
                        + " key are handled before it, and other groups that read its topic get it twice",
                listener);
        return (id, settings, rawRecords, deadLetters) -> RetryMoves.comingRound(
                sender(id, group, settings, RetrySender.Target.SAME, rawRecords, deadLetters), group);
    }

    /**
     * Of a listener whose records go to a retry topic.
     */
    Retries elsewhere(String listener, String group) {
        logger.warn(
                "Listener {}: strategy retry-topic. A record that fails goes to {}: later records of its key are handled"
                        + " before it",
                listener,
                this.topics.of("<topic>"));
        return (id, settings, rawRecords, deadLetters) ->
                RetryMoves.elsewhere(sender(id, group, settings, this.topics, rawRecords, deadLetters));
    }

    /**
     * Of the container that reads those retry topics.
     */
    Retries ofRetryTopic(String group) {
        return (id, settings, rawRecords, deadLetters) -> RetryMoves.ofRetryTopic(
                sender(id, group, settings, RetrySender.Target.SAME, rawRecords, deadLetters), group);
    }

    private RetrySender sender(
            String id,
            String group,
            ListenerSettings settings,
            RetrySender.Target target,
            RawRecords rawRecords,
            DeadLetterSender deadLetters) {
        return new RetrySender(id, group, settings, target, rawRecords, this.producer, deadLetters);
    }

    /**
     * Makes the container that reads the retry topics of a listener. To be called before the listener's own is equipped.
     */
    AbstractMessageListenerContainer<?, ?> readerFor(
            AbstractMessageListenerContainer<?, ?> main, String group, Map<String, Object> consumerSettings) {
        this.producer.open();
        return new RetryContainerFactory(this.topics).make(main, group, sourcesOf(main), consumerSettings);
    }

    /**
     * Starts and stops a reader with its listener's container.
     * @param atStart told before it starts
     */
    void follow(
            AbstractMessageListenerContainer<?, ?> main,
            AbstractMessageListenerContainer<?, ?> reader,
            Runnable atStart) {
        this.containers.add(
                new RetryContainer(main, reader, sourcesOf(main), this.topics::presenceFor, atStart, this.threads));
    }

    private List<String> sourcesOf(AbstractMessageListenerContainer<?, ?> main) {
        return this.topics.sources(
                main.getListenerId(), main.getContainerProperties().getTopics());
    }

    @Override
    public void close() {
        this.producer.close();
    }
}
