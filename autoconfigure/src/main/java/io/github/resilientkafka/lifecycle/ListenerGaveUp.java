package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A listener is not started again: errors of the JVM itself have ended it too often.
 *
 * @param at when
 * @param listener the listener's id
 * @param reason the last error
 */
public record ListenerGaveUp(Instant at, String listener, String reason) implements ResilientKafkaEvent {}
