package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * Kafka has answered: for the first time, or again after it was away.
 *
 * @param at when
 * @param bootstrapServers where
 */
public record KafkaConnected(Instant at, String bootstrapServers) implements ResilientKafkaEvent {}
