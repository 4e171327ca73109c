package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A listener, or one of its consumers, was started again after a crash. It still has to join its group: see {@link ListenerStarted}.
 *
 * @param at when
 * @param listener the listener's id
 * @param restarts how often that was, since the start of the application
 */
public record ListenerRestarted(Instant at, String listener, long restarts) implements ResilientKafkaEvent {}
