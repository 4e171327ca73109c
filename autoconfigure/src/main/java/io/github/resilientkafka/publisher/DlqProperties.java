package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.message.EventRules;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where events go that Kafka refuses for themselves.
 *
 * @param suffix Appended to a topic's name to name its dead-letter topic.
 * @param topic One dead-letter topic for all instead of one per topic.
 * @param autoCreate Whether a missing dead-letter topic is created, with as many partitions as its source.
 */
@ConfigurationProperties("resilient-kafka.dlq")
public record DlqProperties(
        @DefaultValue(".dlq") String suffix,
        @Nullable String topic,
        @DefaultValue("true") boolean autoCreate) {

    private static final String PREFIX = "resilient-kafka.dlq.";

    public DlqProperties {
        if (topic != null && topic.isBlank()) {
            // As "${DLQ_TOPIC:}" leaves it where the variable is not set.
            topic = null;
        }
        if (topic != null) {
            require(topic, "topic", topic, "to a topic's name, or remove it");
        } else if (suffix.isBlank()) {
            throw new ConfigurationException(
                    PREFIX + "suffix",
                    "it is empty, so an event's dead-letter topic would be its own topic",
                    "Set " + PREFIX + "suffix (the default is .dlq) or " + PREFIX + "topic.");
        } else {
            require("x" + suffix, "suffix", suffix, "to what may end a topic's name; the default is .dlq");
        }
    }

    private static void require(String topic, String name, String value, String wanted) {
        String broken = EventRules.brokenTopicRule(topic);
        if (broken != null) {
            throw new ConfigurationException(
                    PREFIX + name,
                    "with '" + value + "' no dead-letter topic can be named",
                    "Set " + PREFIX + name + " " + wanted + ": " + broken + ".");
        }
    }
}
