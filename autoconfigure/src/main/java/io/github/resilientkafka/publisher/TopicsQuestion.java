package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The question which partitions of some topics take records now: they have a leader, and as many replicas in sync as their
 * topic wants ({@code min.insync.replicas}). Asked once; may be waited for several times.
 * <p>
 * Who may not see a topic's settings is told nothing of the latter: then a leader is enough.
 */
final class TopicsQuestion {

    private static final Logger logger = LoggerFactory.getLogger(TopicsQuestion.class);

    private final Map<String, KafkaFuture<TopicDescription>> descriptions;

    private final Map<String, KafkaFuture<Config>> settings;

    private TopicsQuestion(
            Map<String, KafkaFuture<TopicDescription>> descriptions, Map<String, KafkaFuture<Config>> settings) {
        this.descriptions = descriptions;
        this.settings = settings;
    }

    static TopicsQuestion ask(Admin admin, Collection<String> topics) {
        List<ConfigResource> resources = topics.stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList();
        return new TopicsQuestion(
                admin.describeTopics(topics).topicNameValues(),
                admin.describeConfigs(resources).values().entrySet().stream()
                        .collect(Collectors.toMap(entry -> entry.getKey().name(), Map.Entry::getValue)));
    }

    boolean isAnswered() {
        return this.descriptions.values().stream().allMatch(KafkaFuture::isDone);
    }

    /**
     * Returns whether any partition takes records, or a topic is refused, which no waiting will cure.
     * @throws KafkaException if there is no answer in time
     */
    boolean anyTakesRecords(Duration timeout) {
        for (String topic : this.descriptions.keySet()) {
            try {
                List<TopicPartitionInfo> partitions = partitions(topic, timeout);
                int needed = replicasNeeded(topic, timeout);
                if (partitions.stream().anyMatch(partition -> takesRecords(partition, needed))) {
                    return true;
                }
            } catch (UnknownTopicOrPartitionException | TopicAuthorizationException ex) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns whether a partition is known to take no records.
     * @throws KafkaException if there is no answer in time, or the topic is refused
     */
    boolean isUnable(String topic, int partition, Duration timeout) {
        List<TopicPartitionInfo> partitions = partitions(topic, timeout);
        int needed = replicasNeeded(topic, timeout);
        return partitions.stream().anyMatch(info -> info.partition() == partition && !takesRecords(info, needed));
    }

    private List<TopicPartitionInfo> partitions(String topic, Duration timeout) {
        KafkaFuture<TopicDescription> description = this.descriptions.get(topic);
        return (description == null)
                ? List.of()
                : KafkaProbe.await(description, timeout).partitions();
    }

    private int replicasNeeded(String topic, Duration timeout) {
        KafkaFuture<Config> answer = this.settings.get(topic);
        try {
            ConfigEntry minimum = (answer == null)
                    ? null
                    : KafkaProbe.await(answer, timeout).get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
            return (minimum == null) ? 1 : Integer.parseInt(minimum.value());
        } catch (KafkaException ex) {
            logger.debug("It is not known how many replicas {} needs", topic, ex);
            return 1;
        }
    }

    private static boolean takesRecords(TopicPartitionInfo partition, int needed) {
        return partition.leader() != null
                && !partition.leader().isEmpty()
                && partition.isr().size() >= needed;
    }
}
