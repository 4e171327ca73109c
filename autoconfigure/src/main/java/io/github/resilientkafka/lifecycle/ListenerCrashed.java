package io.github.resilientkafka.lifecycle;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A listener, or one of its consumers, has stopped by itself.
 *
 * @param at when
 * @param listener the listener's id
 * @param reason why
 * @param restartAt when it is started again, or null if it is not
 */
public record ListenerCrashed(
        Instant at,
        String listener,
        String reason,
        @Nullable Instant restartAt) implements ResilientKafkaEvent {}
