package io.github.resilientkafka.delivery;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.support.TopicPartitionOffset;

/**
 * The topics whose dead letters are replayed by cron: those that are named, else those that this application's listeners
 * read.
 */
final class ReplayTopics {

    private final TopicReplayContext context;

    private final ObjectProvider<KafkaListenerEndpointRegistry> registries;

    ReplayTopics(TopicReplayContext context, ObjectProvider<KafkaListenerEndpointRegistry> registries) {
        this.context = context;
        this.registries = registries;
    }

    /**
     * Asks Kafka.
     * @return those that have a dead-letter topic
     * @throws org.apache.kafka.common.KafkaException if Kafka does not answer
     */
    Set<String> withDeadLetters() {
        Set<String> present =
                this.context.consumers().topics(this.context.properties().group());
        return of(present);
    }

    Set<String> of(Set<String> present) {
        List<String> named = this.context.properties().topics();
        Set<String> topics = new TreeSet<>(named.isEmpty() ? listenedTo(present) : named);
        topics.removeIf(topic -> this.context.deadLetters().isDeadLetterTopic(topic)
                || !present.contains(this.context.deadLetters().topicFor(topic)));
        return topics;
    }

    private Set<String> listenedTo(Set<String> present) {
        Set<String> topics = new HashSet<>();
        this.registries
                .orderedStream()
                .flatMap(registry -> registry.getAllListenerContainers().stream())
                .map(MessageListenerContainer::getContainerProperties)
                .forEach(container -> add(topics, container, present));
        return topics;
    }

    private static void add(Set<String> topics, ContainerProperties container, Set<String> present) {
        String[] names = container.getTopics();
        if (names != null) {
            topics.addAll(List.of(names));
        }
        TopicPartitionOffset[] partitions = container.getTopicPartitions();
        if (partitions != null) {
            for (TopicPartitionOffset partition : partitions) {
                topics.add(partition.getTopic());
            }
        }
        Pattern pattern = container.getTopicPattern();
        if (pattern != null) {
            present.stream().filter(topic -> pattern.matcher(topic).matches()).forEach(topics::add);
        }
    }
}
