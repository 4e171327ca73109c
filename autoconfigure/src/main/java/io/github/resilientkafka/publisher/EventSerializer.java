package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.OutgoingEvent;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
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

    private static final Pattern TOPIC_NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private static final int MAX_KNOWN_TOPICS = 10_000;

    private static final byte[] SPEC_VERSION = ascii("1.0");

    private final ApplicationSerializers serializers;

    private final Serializer<Object> keySerializer;

    private final Serializer<Object> valueSerializer;

    private final byte[] source;

    private final Clock clock;

    private final Map<String, Integer> topicHashes = new ConcurrentHashMap<>();

    private final Map<String, byte[]> typeBytes = new ConcurrentHashMap<>();

    private volatile TimeText timeText = new TimeText(-1, new byte[0]);

    private record TimeText(long millis, byte[] bytes) {}

    EventSerializer(ApplicationSerializers serializers, String namespace, Clock clock) {
        this.serializers = serializers;
        this.keySerializer = serializers.key();
        this.valueSerializer = serializers.value();
        this.source = ("/" + namespace).getBytes(StandardCharsets.UTF_8);
        this.clock = clock;
    }

    /**
     * Serialises an event.
     * @throws IllegalArgumentException if the topic, the key, the partition or the timestamp is invalid
     * @throws EventSerializationException if a serializer refuses it
     */
    SerializedEvent serialize(OutgoingEvent event) {
        String topic = event.topic();
        int topicHash = validTopicHash(topic);
        Object key = event.key();
        if (event.isKeyed() && key == null) {
            throw new IllegalArgumentException(
                    "The key is null (topic " + topic
                            + "): events without a key have no order; if that is meant, publish OutgoingEvent.unkeyed(topic, event)");
        }
        long now = this.clock.millis();
        long timestamp = validTimestamp(event, now);
        Integer partition = event.partition();
        if (partition != null && partition < 0) {
            throw new IllegalArgumentException("The partition is negative: " + partition + " (topic " + topic + ")");
        }
        Headers headers = new RecordHeaders(event.headers());
        byte[] keyBytes = (key == null) ? null : serialize("key", this.keySerializer, topic, headers, key);
        Object body = event.event();
        byte[] value = (body == null) ? null : serialize("value", this.valueSerializer, topic, headers, body);
        UUID id = (event.eventId() != null) ? event.eventId() : EventIds.next(now);
        String type = (event.eventType() != null) ? event.eventType() : typeOf(body);
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

    private static long validTimestamp(OutgoingEvent event, long now) {
        Long timestamp = event.timestamp();
        if (timestamp == null) {
            return now;
        }
        if (timestamp < 0) {
            throw new IllegalArgumentException(
                    "The timestamp is negative: " + timestamp + " (topic " + event.topic() + ")");
        }
        return timestamp;
    }

    private int validTopicHash(@Nullable String topic) {
        if (topic == null) {
            throw new IllegalArgumentException("The topic is null");
        }
        Integer known = this.topicHashes.get(topic);
        if (known != null) {
            return known;
        }
        if (!TOPIC_NAME.matcher(topic).matches() || topic.equals(".") || topic.equals("..")) {
            throw new IllegalArgumentException("Invalid topic name '" + topic
                    + "': 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-' are allowed, but not '.' or '..'");
        }
        int hash = Lanes.topicHash(topic);
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
            String property = "spring.kafka.producer." + what + "-serializer";
            String cure = (ex instanceof ClassCastException
                            || ex instanceof org.apache.kafka.common.errors.SerializationException
                                    && ex.getCause() instanceof ClassCastException)
                    ? " Set " + property + " to one that can; for POJOs and records that is"
                            + " org.springframework.kafka.support.serializer.JsonSerializer."
                    : " The serializer is set by " + property + ".";
            throw new EventSerializationException(
                    serializer.getClass().getName() + " cannot serialise the " + what + " of type "
                            + object.getClass().getName() + " for topic " + topic + ": " + ex.getMessage() + "." + cure,
                    ex);
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
