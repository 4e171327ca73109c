package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.EventRules;
import io.github.resilientkafka.message.OutgoingEvent;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Turns an event into bytes, once, with the application's own serializers, and adds the headers of a CloudEvents message
 * in binary mode where the application has not set them itself. Thread-safe, as Kafka's serializers have to be.
 */
final class EventSerializer implements AutoCloseable {

    private static final int MAX_KNOWN_TOPICS = 10_000;

    private final ApplicationSerializers serializers;

    private final Serializer<Object> keySerializer;

    private final Serializer<Object> valueSerializer;

    private final CloudEventHeaders cloudEventHeaders;

    private final @Nullable String defaultTopic;

    private final TraceContext traceContext;

    private final Clock clock;

    private final Map<String, Integer> topicHashes = new ConcurrentHashMap<>();

    EventSerializer(
            ApplicationSerializers serializers,
            String namespace,
            @Nullable String defaultTopic,
            TraceContext traceContext,
            Clock clock) {
        this.serializers = serializers;
        this.keySerializer = serializers.key();
        this.valueSerializer = serializers.value();
        this.cloudEventHeaders = new CloudEventHeaders("/" + namespace);
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
        CloudEventHeaders.Time now = this.cloudEventHeaders.at(this.clock.millis());
        Headers given = new RecordHeaders(event.headers());
        byte[] keyBytes = (key == null) ? null : serialize("key", this.keySerializer, topic, given, key);
        Object body = event.event();
        byte[] value = (body == null) ? null : serialize("value", this.valueSerializer, topic, given, body);
        UUID id = (event.eventId() != null) ? event.eventId() : EventIds.next(now.millis());
        String type = (event.eventType() != null) ? event.eventType() : typeOf(body);
        ProducerRecord<byte @Nullable [], byte @Nullable []> record = new ProducerRecord<>(
                topic,
                event.partition(),
                (event.timestamp() != null) ? event.timestamp() : now.timestamp(),
                keyBytes,
                value);
        addHeaders(record.headers(), given.toArray(), id, type, now);
        return new SerializedEvent(
                record,
                (keyBytes == null) ? Lanes.randomLane() : Lanes.laneOf(topicHash, keyBytes),
                record.headers().toArray(),
                id,
                type,
                KeyText.of(key),
                now.millis(),
                false);
    }

    /**
     * Takes a record as it is: no header is added.
     * @throws IllegalArgumentException if the topic is invalid
     */
    SerializedEvent raw(ProducerRecord<byte @Nullable [], byte @Nullable []> record, UUID id, String type) {
        byte[] key = record.key();
        int topicHash = validTopicHash(record.topic());
        long now = this.clock.millis();
        ProducerRecord<byte @Nullable [], byte @Nullable []> stamped = (record.timestamp() != null)
                ? record
                : new ProducerRecord<>(record.topic(), record.partition(), now, key, record.value(), record.headers());
        return new SerializedEvent(
                stamped,
                (key == null) ? Lanes.randomLane() : Lanes.laneOf(topicHash, key),
                stamped.headers().toArray(),
                id,
                type,
                null,
                now,
                true);
    }

    private void addHeaders(Headers headers, Header[] given, UUID id, String type, CloudEventHeaders.Time now) {
        for (Header header : given) {
            headers.add(header);
        }
        this.traceContext.addTo(headers);
        this.cloudEventHeaders.addTo(headers, given, id, type, now);
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
            byte[] bytes = serializer.serialize(topic, headers, object);
            return isOf(object, bytes) ? bytes.clone() : bytes;
        } catch (RuntimeException ex) {
            throw new EventSerializationException(what, serializer.getClass().getName(), topic, object, ex);
        }
    }

    /**
     * Returns whether bytes are the caller's, who may use them again as soon as the event is published; it may be sent or
     * stored later.
     */
    private static boolean isOf(Object object, byte @Nullable [] bytes) {
        return bytes != null
                && (bytes == object
                        || (object instanceof ByteBuffer buffer && buffer.hasArray() && buffer.array() == bytes)
                        || (object instanceof Bytes wrapper && wrapper.get() == bytes));
    }

    private static String typeOf(@Nullable Object body) {
        return (body == null) ? "tombstone" : body.getClass().getSimpleName();
    }

    @Override
    public void close() {
        this.serializers.closeOwn();
    }
}
