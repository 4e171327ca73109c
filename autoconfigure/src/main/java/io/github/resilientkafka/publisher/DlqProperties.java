package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
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

    public DlqProperties {
        if (suffix.isBlank() && topic == null) {
            throw new ConfigurationException(
                    "resilient-kafka.dlq.suffix",
                    "it is empty, so an event's dead-letter topic would be its own topic",
                    "Set resilient-kafka.dlq.suffix (the default is .dlq) or resilient-kafka.dlq.topic.");
        }
    }
}
