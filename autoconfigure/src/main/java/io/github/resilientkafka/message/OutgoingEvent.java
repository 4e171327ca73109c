package io.github.resilientkafka.message;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * An event with more to say than topic, key and body: headers, a partition, a timestamp, an id of its own, or no key.
 * <p>
 * Immutable; every {@code with…} method returns a new instance. Safe for use by several threads as long as the event
 * object itself is.
 */
public final class OutgoingEvent {

    private final @Nullable String topic;

    private final @Nullable Object key;

    private final @Nullable Object event;

    private final boolean keyed;

    private final @Nullable Integer partition;

    private final @Nullable Long timestamp;

    private final @Nullable UUID eventId;

    private final @Nullable String eventType;

    private final List<Header> headers;

    private OutgoingEvent(
            @Nullable String topic,
            boolean keyed,
            @Nullable Object key,
            @Nullable Object event,
            @Nullable Integer partition,
            @Nullable Long timestamp,
            @Nullable UUID eventId,
            @Nullable String eventType,
            List<Header> headers) {
        this.topic = topic;
        this.keyed = keyed;
        this.key = key;
        this.event = event;
        this.partition = partition;
        this.timestamp = timestamp;
        this.eventId = eventId;
        this.eventType = eventType;
        this.headers = headers;
    }

    /**
     * Creates a keyed event: events of one key that this instance has published first arrive in the order they were
     * published.
     * @param topic the topic's name
     * @param key the key, never null; use {@link #unkeyed} where there is none
     * @param event the body, or null for a tombstone
     * @return the event
     * @throws IllegalArgumentException if the topic is null
     */
    public static OutgoingEvent of(String topic, Object key, @Nullable Object event) {
        return new OutgoingEvent(required(topic), true, key, event, null, null, null, null, List.of());
    }

    /**
     * Creates an event without a key: spread over the partitions, in no promised order.
     * @param topic the topic's name
     * @param event the body
     * @return the event
     * @throws IllegalArgumentException if the topic is null
     */
    public static OutgoingEvent unkeyed(String topic, Object event) {
        return new OutgoingEvent(required(topic), false, null, event, null, null, null, null, List.of());
    }

    /**
     * Creates a keyed event for the topic that {@code resilient-kafka.publisher.default-topic} names.
     * @param key the key, never null
     * @param event the body, or null for a tombstone
     * @return the event
     */
    public static OutgoingEvent toDefaultTopic(Object key, @Nullable Object event) {
        return new OutgoingEvent(null, true, key, event, null, null, null, null, List.of());
    }

    /**
     * Creates an event without a key for the topic that {@code resilient-kafka.publisher.default-topic} names.
     * @param event the body
     * @return the event
     */
    public static OutgoingEvent unkeyedToDefaultTopic(Object event) {
        return new OutgoingEvent(null, false, null, event, null, null, null, null, List.of());
    }

    /**
     * A topic that is missing by mistake must not become the default one.
     */
    private static String required(@Nullable String topic) {
        if (topic == null) {
            throw new IllegalArgumentException("The topic is null");
        }
        return topic;
    }

    /**
     * Returns a copy that goes to a partition of the caller's choice.
     * @param partition the partition, 0 or more
     * @return the copy
     */
    public OutgoingEvent withPartition(int partition) {
        return new OutgoingEvent(topic, keyed, key, event, partition, timestamp, eventId, eventType, headers);
    }

    /**
     * Returns a copy with a record timestamp of the caller's choice; without one it is the time of publishing.
     * @param timestamp milliseconds since 1970, 0 or more
     * @return the copy
     */
    public OutgoingEvent withTimestamp(long timestamp) {
        return new OutgoingEvent(topic, keyed, key, event, partition, timestamp, eventId, eventType, headers);
    }

    /**
     * Returns a copy with an id of the caller's choice; without one a UUID version 7 is generated.
     * @param eventId the id by which consumers recognise duplicates
     * @return the copy
     */
    public OutgoingEvent withEventId(UUID eventId) {
        return new OutgoingEvent(topic, keyed, key, event, partition, timestamp, eventId, eventType, headers);
    }

    /**
     * Returns a copy with a type of the caller's choice; without one it is the simple class name of the body.
     * @param eventType the {@code ce_type}
     * @return the copy
     */
    public OutgoingEvent withEventType(String eventType) {
        return new OutgoingEvent(topic, keyed, key, event, partition, timestamp, eventId, eventType, headers);
    }

    /**
     * Returns a copy with one more header; several of one name are kept in order.
     * @param name the header's name
     * @param value its bytes, may be null
     * @return the copy
     */
    public OutgoingEvent withHeader(String name, byte @Nullable [] value) {
        List<Header> more = new ArrayList<>(headers);
        more.add(new RecordHeader(name, value));
        return new OutgoingEvent(topic, keyed, key, event, partition, timestamp, eventId, eventType, List.copyOf(more));
    }

    /**
     * Returns a copy with one more header, written as UTF-8.
     * @param name the header's name
     * @param value its text
     * @return the copy
     */
    public OutgoingEvent withHeader(String name, String value) {
        return withHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the topic's name.
     * @return as given, or null for the default topic
     */
    public @Nullable String topic() {
        return topic;
    }

    /**
     * Returns whether the event was created with a key.
     * @return false for {@link #unkeyed}
     */
    public boolean isKeyed() {
        return keyed;
    }

    /**
     * Returns the key.
     * @return as given, null for {@link #unkeyed}
     */
    public @Nullable Object key() {
        return key;
    }

    /**
     * Returns the body.
     * @return as given, null for a tombstone
     */
    public @Nullable Object event() {
        return event;
    }

    /**
     * Returns the chosen partition.
     * @return the partition or null
     */
    public @Nullable Integer partition() {
        return partition;
    }

    /**
     * Returns the chosen record timestamp.
     * @return milliseconds since 1970 or null
     */
    public @Nullable Long timestamp() {
        return timestamp;
    }

    /**
     * Returns the chosen id.
     * @return the id or null
     */
    public @Nullable UUID eventId() {
        return eventId;
    }

    /**
     * Returns the chosen type.
     * @return the type or null
     */
    public @Nullable String eventType() {
        return eventType;
    }

    /**
     * Returns the headers, in the order they were added.
     * @return an immutable list
     */
    public List<Header> headers() {
        return headers;
    }
}
