package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A listener was stopped by the application or an operator, or with the application.
 *
 * @param at when
 * @param listener the listener's id
 */
public record ListenerStopped(Instant at, String listener) implements ResilientKafkaEvent {}
