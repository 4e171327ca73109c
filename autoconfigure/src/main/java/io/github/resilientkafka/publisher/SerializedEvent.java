package io.github.resilientkafka.publisher;

import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * An event as bytes: what is sent, or stored, or both.
 *
 * @param topic its topic
 * @param lane its lane
 * @param partition the partition its publisher chose, or null
 * @param timestamp the record's timestamp, milliseconds since 1970
 * @param key the serialised key, or null
 * @param value the serialised body, or null for a tombstone
 * @param headers the application's headers, its serializers' and ours
 * @param eventId its id
 * @param eventType its type
 * @param keyObject the key as its publisher gave it, or null
 * @param publishedMillis when it was published, milliseconds since 1970
 */
record SerializedEvent(
        String topic,
        int lane,
        @Nullable Integer partition,
        long timestamp,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Headers headers,
        UUID eventId,
        String eventType,
        @Nullable Object keyObject,
        long publishedMillis) {

    /**
     * What an accepted event costs in memory beside its bytes, roughly.
     */
    private static final int OVERHEAD = 512;

    /**
     * Returns the key as readable text.
     */
    @Nullable
    String keyText() {
        Object key = keyObject;
        return (key == null || key instanceof byte[]) ? null : key.toString();
    }

    ProducerRecord<byte @Nullable [], byte @Nullable []> toRecord() {
        return new ProducerRecord<>(topic, partition, timestamp, key, value, headers);
    }

    long size() {
        long size = OVERHEAD;
        size += (key == null) ? 0 : key.length;
        size += (value == null) ? 0 : value.length;
        for (var header : headers) {
            size += header.key().length() + ((header.value() == null) ? 0 : header.value().length);
        }
        return size;
    }
}
