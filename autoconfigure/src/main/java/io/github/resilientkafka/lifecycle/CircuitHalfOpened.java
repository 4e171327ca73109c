package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * Kafka seems to be back: a few trial sends will tell.
 *
 * @param at when
 *
 */
public record CircuitHalfOpened(Instant at) implements ResilientKafkaEvent {}
