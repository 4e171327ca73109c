package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * The circuit breaker has closed: events go to Kafka directly.
 *
 * @param at when
 *
 */
public record CircuitClosed(Instant at) implements ResilientKafkaEvent {}
