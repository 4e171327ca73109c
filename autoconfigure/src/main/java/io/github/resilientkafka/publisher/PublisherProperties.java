package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.message.EventRules;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How events are published. Connection, TLS and SASL stay in spring.kafka.*.
 *
 * @param mode Where an event goes first; only direct (to Kafka, and to the database while Kafka is away) is available.
 * @param async Whether publish returns before the event is durable. When off, it returns completed futures or throws.
 * @param ordering What is kept in publish order: the events of each key, or none. Keeping it stores events behind stored
 * ones of their lane for a moment after an outage, and closes the producer when a single record meets one.
 * @param maxQueueBytes Bytes of events that may be accepted and not durable yet; beyond that publishing is refused.
 * @param timeout How long an event may wait for the database when Kafka did not take it, before its future fails.
 * @param stallTimeout How long sends may be outstanding without any acknowledgement before the producer is given up.
 * @param recoveryProbeInterval How often Kafka is asked whether it is back while the circuit is open. Once its port was found
 * to refuse connections, it is asked as soon as it accepts one.
 * @param producerFactory Name of the ProducerFactory bean whose settings and serializers are used, where there are
 * several.
 * @param defaultTopic Topic of events that name none.
 * @param properties Additional Kafka properties of our own producers, on top of those in spring.kafka.producer.
 */
@ConfigurationProperties("resilient-kafka.publisher")
public record PublisherProperties(
        @DefaultValue("direct") Mode mode,
        @DefaultValue("true") boolean async,
        @DefaultValue("key") Ordering ordering,
        @DefaultValue("64MB") DataSize maxQueueBytes,
        @DefaultValue("30s") Duration timeout,
        @DefaultValue("3s") Duration stallTimeout,
        @DefaultValue("1s") Duration recoveryProbeInterval,
        @Nullable String producerFactory,
        @Nullable String defaultTopic,
        @DefaultValue Map<String, String> properties) {

    private static final String PREFIX = "resilient-kafka.publisher.";

    /**
     * Where an event goes first.
     */
    public enum Mode {

        /**
         * To Kafka, and to the database while Kafka is away.
         */
        DIRECT,

        /**
         * To the database, in the caller's transaction. Not available yet.
         */
        OUTBOX,

        /**
         * Decided event by event. Not available yet.
         */
        HYBRID
    }

    /**
     * What is kept in publish order.
     */
    public enum Ordering {

        /**
         * The events of each key.
         */
        KEY,

        /**
         * Nothing, when Kafka fails. An event is sent whenever the circuit permits.
         */
        NONE
    }

    public PublisherProperties {
        if (mode != Mode.DIRECT) {
            throw new ConfigurationException(
                    PREFIX + "mode",
                    mode + " is not available in this version",
                    "Set " + PREFIX + "mode to direct, or remove it: direct is the default.");
        }
        if (maxQueueBytes.toBytes() < 1024) {
            throw new ConfigurationException(
                    PREFIX + "max-queue-bytes",
                    maxQueueBytes + " is less than 1 KB",
                    "Set " + PREFIX + "max-queue-bytes to what may wait in memory; the default is 64MB.");
        }
        requirePositive("timeout", timeout, "30s");
        requirePositive("stall-timeout", stallTimeout, "3s");
        requirePositive("recovery-probe-interval", recoveryProbeInterval, "1s");
        String brokenRule = (defaultTopic == null) ? null : EventRules.brokenTopicRule(defaultTopic);
        if (brokenRule != null) {
            throw new ConfigurationException(
                    PREFIX + "default-topic",
                    "'" + defaultTopic + "' is not a topic's name",
                    "Set " + PREFIX + "default-topic to a topic's name, or remove it: " + brokenRule + ".");
        }
        properties = Map.copyOf(properties);
    }

    private static void requirePositive(String name, Duration value, String defaultValue) {
        if (value.isZero() || value.isNegative()) {
            throw new ConfigurationException(
                    PREFIX + name,
                    value + " is not a positive duration",
                    "Set " + PREFIX + name + " to a positive duration; the default is " + defaultValue + ".");
        }
    }
}
