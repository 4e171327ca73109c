package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code failed_kafka_events} for people.
 *
 * @param id the row's id
 * @param eventId the event's id
 * @param topic its topic
 * @param partition the partition its publisher chose, or null
 * @param keyText the key as readable text, or null
 * @param eventType the event's type
 * @param status where it stands
 * @param failureKind why Kafka did not take it
 * @param attempts failed retries so far that counted
 * @param errorType the class of the last error
 * @param errorMessage the last error's message, or null
 * @param createdAt when it was published
 * @param nextAttemptAt when the relay may try it (again), or null when it is settled
 * @param resolvedAt when it was resolved or dead-lettered, or null
 * @param payloadBytes the payload's size
 * @param payload the payload, or null where it was not asked for
 * @param headers the headers as a JSON array of pairs
 */
public record FailedEventView(
        long id,
        UUID eventId,
        String topic,
        @Nullable Integer partition,
        @Nullable String keyText,
        String eventType,
        EventStatus status,
        FailureKind failureKind,
        int attempts,
        String errorType,
        @Nullable String errorMessage,
        Instant createdAt,
        @Nullable Instant nextAttemptAt,
        @Nullable Instant resolvedAt,
        long payloadBytes,
        byte @Nullable [] payload,
        String headers) {}
