package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code failed_kafka_events} as the relay reads it.
 *
 * @param id the row's id; ascending ids of one lane are in publish order
 * @param eventId the event's id
 * @param lane its lane
 * @param topic its topic
 * @param partition the partition its publisher chose, or null
 * @param timestamp the record's timestamp, milliseconds since 1970
 * @param key the serialised key, or null
 * @param payload the serialised body, or null for a tombstone
 * @param headers the headers, written by {@link io.github.resilientkafka.message.HeaderCodec}
 * @param failureKind why Kafka did not take it last time
 * @param attempts failed retries so far that counted
 * @param errorType the class of the last error
 * @param errorMessage the last error's message, or null
 * @param createdAt when it was published
 */
public record StoredEvent(
        long id,
        UUID eventId,
        int lane,
        String topic,
        @Nullable Integer partition,
        long timestamp,
        byte @Nullable [] key,
        byte @Nullable [] payload,
        String headers,
        FailureKind failureKind,
        int attempts,
        String errorType,
        @Nullable String errorMessage,
        Instant createdAt) {

    /**
     * Returns a number that all events of its topic and key have in common, and few others.
     * @return a hash
     */
    public int keyHash() {
        return 31 * this.topic.hashCode() + Arrays.hashCode(this.key);
    }

    StoredEvent withPayload(byte[] payload) {
        return new StoredEvent(
                this.id,
                this.eventId,
                this.lane,
                this.topic,
                this.partition,
                this.timestamp,
                this.key,
                payload,
                this.headers,
                this.failureKind,
                this.attempts,
                this.errorType,
                this.errorMessage,
                this.createdAt);
    }
}
