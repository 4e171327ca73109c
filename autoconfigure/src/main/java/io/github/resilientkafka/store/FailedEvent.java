package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row to be written to {@code failed_kafka_events}: an event that Kafka did not take.
 *
 * @param rowId unique to this row, so that a batch whose commit is in doubt can be written again
 * @param eventId the event's id
 * @param lane its lane, 0 to 63
 * @param topic its topic
 * @param partition the partition its publisher chose, or null
 * @param timestamp the record's timestamp, milliseconds since 1970
 * @param key the serialised key, or null
 * @param keyText the key as readable text, or null; shortened and cleaned by the store where the database needs it
 * @param payload the serialised body, or null for a tombstone
 * @param headers the headers, written by {@link io.github.resilientkafka.message.HeaderCodec}
 * @param eventType the event's type, for people
 * @param failureKind why Kafka did not take it
 * @param errorType the class of the error
 * @param errorMessage its message; shortened and cleaned by the store
 * @param createdAt when it was published
 * @param nextAttemptAt when the relay may first send it
 */
public record FailedEvent(
        UUID rowId,
        UUID eventId,
        int lane,
        String topic,
        @Nullable Integer partition,
        long timestamp,
        byte @Nullable [] key,
        @Nullable String keyText,
        byte @Nullable [] payload,
        String headers,
        String eventType,
        FailureKind failureKind,
        String errorType,
        @Nullable String errorMessage,
        Instant createdAt,
        Instant nextAttemptAt) {}
