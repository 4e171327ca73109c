package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * Kafka has stopped answering.
 *
 * @param at when
 * @param reason the last error
 */
public record KafkaDisconnected(Instant at, String reason) implements ResilientKafkaEvent {}
