package io.github.resilientkafka.store;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What all parts share.
 *
 * @param enabled Whether Resilient Kafka is active at all.
 * @param namespace Name under which this application's events are kept; applications with different names never touch each
 * other's rows. Defaults to spring.application.name.
 * @param schema Database schema of the tables. Defaults to the connection's own.
 */
@ConfigurationProperties("resilient-kafka")
public record ResilientKafkaProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable String namespace,
        @Nullable String schema) {}
