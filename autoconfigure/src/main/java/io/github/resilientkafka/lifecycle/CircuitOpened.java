package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * The circuit breaker has opened: events go to the database until Kafka is back.
 *
 * @param at when
 * @param reason the last error that counted, or that the application has opened it itself
 */
public record CircuitOpened(Instant at, String reason) implements ResilientKafkaEvent {}
