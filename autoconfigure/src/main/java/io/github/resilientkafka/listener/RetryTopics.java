package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.RetryTopic;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.DeadLetters.Presence;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Retry topics: their names and their creation.
 */
final class RetryTopics implements RetrySender.Target {

    private final RetryTopic properties;

    private final DeadLetters deadLetters;

    RetryTopics(RetryTopic properties, DeadLetters deadLetters) {
        this.properties = properties;
        this.deadLetters = deadLetters;
    }

    /**
     * Returns the name with the suffix of retry topics: of a topic, a group, a listener.
     */
    @Override
    public String of(String name) {
        return name + this.properties.suffix();
    }

    @Override
    public void ensure(String topic) {
        presenceFor(topic);
    }

    /**
     * Makes the retry topic of a topic, if that is wanted and can be done. May block for seconds.
     * @return whether it is there
     */
    Presence presenceFor(String topic) {
        return this.deadLetters.ensureTopic(of(topic), Optional.of(topic), this.properties.autoCreate());
    }

    @Override
    public void forget(String topic) {
        this.deadLetters.forget(of(topic));
    }

    /**
     * Returns the topics of a listener.
     * @throws ConfigurationException if it has no fixed ones, or their retry topics would be taken for dead-letter topics
     */
    List<String> sources(String listener, String @Nullable [] topics) {
        if (topics == null) {
            throw new ConfigurationException(
                    ListenerProperties.PREFIX + "instances." + listener + ".strategy",
                    "listener " + listener
                            + " reads topics by a pattern, or given partitions, and retry-topic has to know"
                            + " its topics",
                    "Name the topics in @KafkaListener(topics = ...), or set " + ListenerProperties.PREFIX
                            + "instances." + listener + ".strategy to pause or republish.");
        }
        for (String topic : topics) {
            if (this.deadLetters.isDeadLetterTopic(of(topic))) {
                throw new ConfigurationException(
                        ListenerProperties.PREFIX + "retry-topic.suffix",
                        of(topic) + " would be a dead-letter topic, too",
                        "Set it to something else than the end of dead-letter topics (resilient-kafka.dlq.suffix); the"
                                + " default is .retry.");
            }
        }
        return Arrays.asList(topics);
    }
}
