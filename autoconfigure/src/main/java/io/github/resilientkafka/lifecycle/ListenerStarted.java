package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A listener has joined its group and can be given records: it is healthy and ready. Also after each restart.
 *
 * @param at when
 * @param listener the listener's id
 */
public record ListenerStarted(Instant at, String listener) implements ResilientKafkaEvent {}
