package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.EventRules;
import io.github.resilientkafka.message.OutgoingEvent;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Turns an event into bytes, once, with the application's own serializers, and adds the headers of a CloudEvents message
 * in binary mode where the application has not set them itself. Thread-safe, as Kafka's serializers have to be.
 */
final class EventSerializer implements AutoCloseable {

    private static final int MAX_KNOWN_TOPICS = 10_000;

    private static final byte[] SPEC_VERSION = ascii("1.0");

    private final ApplicationSerializers serializers;

    private final Serializer<Object> keySerializer;

    private final Serializer<Object> valueSerializer;

    private final byte[] source;

    private final @Nullable String defaultTopic;

    private final TraceContext traceContext;

    private final Clock clock;

    private final Map<String, Integer> topicHashes = new ConcurrentHashMap<>();

    private final Map<String, byte[]> typeBytes = new ConcurrentHashMap<>();

    private volatile TimeText timeText = new TimeText(-1, new byte[0]);

    private record TimeText(long millis, byte[] bytes) {}

    EventSerializer(
            ApplicationSerializers serializers,
            String namespace,
            @Nullable String defaultTopic,
            TraceContext traceContext,
            Clock clock) {
        this.serializers = serializers;
        this.keySerializer = serializers.key();
        this.valueSerializer = serializers.value();
        this.source = ("/" + namespace).getBytes(StandardCharsets.UTF_8);
        this.defaultTopic = defaultTopic;
        this.traceContext = traceContext;
        this.clock = clock;
    }

    /**
     * Serialises an event.
     * @throws IllegalArgumentException if the topic, the key, the partition or the timestamp is invalid
     * @throws EventSerializationException if a serializer refuses it
     */
    SerializedEvent serialize(OutgoingEvent event) {
        String topic = topicOf(event);
        int topicHash = validTopicHash(topic);
        EventRules.checkKeyPartitionAndTimestamp(topic, event);
        Object key = event.key();
        Integer partition = event.partition();
        long now = this.clock.millis();
        long timestamp = (event.timestamp() != null) ? event.timestamp() : now;
        Headers headers = new RecordHeaders(event.headers());
        byte[] keyBytes = (key == null) ? null : serialize("key", this.keySerializer, topic, headers, key);
        Object body = event.event();
        byte[] value = (body == null) ? null : serialize("value", this.valueSerializer, topic, headers, body);
        UUID id = (event.eventId() != null) ? event.eventId() : EventIds.next(now);
        String type = (event.eventType() != null) ? event.eventType() : typeOf(body);
        this.traceContext.addTo(headers);
        addCloudEventHeaders(headers, id, type, now);
        return new SerializedEvent(
                topic,
                (keyBytes == null) ? Lanes.randomLane() : Lanes.laneOf(topicHash, keyBytes),
                partition,
                timestamp,
                keyBytes,
                value,
                headers,
                id,
                type,
                key,
                now);
    }

    private String topicOf(OutgoingEvent event) {
        String topic = (event.topic() != null) ? event.topic() : this.defaultTopic;
        if (topic == null) {
            throw new IllegalArgumentException(
                    "The event names no topic, and there is no default one: set resilient-kafka.publisher.default-topic");
        }
        return topic;
    }

    private int validTopicHash(String topic) {
        Integer known = this.topicHashes.get(topic);
        if (known != null) {
            return known;
        }
        int hash = Lanes.topicHash(EventRules.checkTopic(topic));
        if (this.topicHashes.size() < MAX_KNOWN_TOPICS) {
            this.topicHashes.put(topic, hash);
        }
        return hash;
    }

    private static byte @Nullable [] serialize(
            String what, Serializer<Object> serializer, String topic, Headers headers, Object object) {
        try {
            return serializer.serialize(topic, headers, object);
        } catch (RuntimeException ex) {
            throw new EventSerializationException(what, serializer.getClass().getName(), topic, object, ex);
        }
    }

    private static String typeOf(@Nullable Object body) {
        return (body == null) ? "tombstone" : body.getClass().getSimpleName();
    }

    private void addCloudEventHeaders(Headers headers, UUID id, String type, long now) {
        addIfMissing(headers, "ce_id", ascii(id.toString()));
        addIfMissing(
                headers,
                "ce_type",
                this.typeBytes.size() < MAX_KNOWN_TOPICS
                        ? this.typeBytes.computeIfAbsent(type, text -> text.getBytes(StandardCharsets.UTF_8))
                        : type.getBytes(StandardCharsets.UTF_8));
        addIfMissing(headers, "ce_source", this.source);
        addIfMissing(headers, "ce_time", timeText(now));
        addIfMissing(headers, "ce_specversion", SPEC_VERSION);
    }

    private static void addIfMissing(Headers headers, String name, byte[] value) {
        Header present = headers.lastHeader(name);
        if (present == null) {
            headers.add(name, value);
        }
    }

    /**
     * The text of an instant is the dearest piece of a header: it is kept for the millisecond it is good for.
     */
    private byte[] timeText(long now) {
        TimeText text = this.timeText;
        if (text.millis() != now) {
            text = new TimeText(now, ascii(Instant.ofEpochMilli(now).toString()));
            this.timeText = text;
        }
        return text.bytes();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        this.serializers.closeOwn();
    }
}
