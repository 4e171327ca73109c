package io.github.resilientkafka.publisher;

import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * An event as bytes: what is sent, or stored, or both.
 *
 * @param record what is sent; from then on its headers are the client's and its interceptors', too
 * @param lane its lane
 * @param headers what is stored: the application's headers, its serializers' and ours
 * @param eventId its id
 * @param eventType its type
 * @param textOfKey what has the key's text, or null if it is the key's bytes ({@link KeyText})
 * @param publishedMillis when it was published, milliseconds since 1970
 * @param isElsewhere whether it is kept by whoever published it, until it is durable
 */
record SerializedEvent(
        ProducerRecord<byte @Nullable [], byte @Nullable []> record,
        int lane,
        Header[] headers,
        UUID eventId,
        String eventType,
        @Nullable Object textOfKey,
        long publishedMillis,
        boolean isElsewhere) {

    /**
     * What an accepted event costs in memory beside its bytes, roughly.
     */
    private static final int OVERHEAD = 512;

    String topic() {
        return record.topic();
    }

    @Nullable
    Integer partition() {
        return record.partition();
    }

    long timestamp() {
        return record.timestamp();
    }

    byte @Nullable [] key() {
        return record.key();
    }

    byte @Nullable [] value() {
        return record.value();
    }

    /**
     * Returns the key as readable text.
     */
    @Nullable
    String keyText() {
        return KeyText.text(textOfKey, key());
    }

    long size() {
        byte[] key = key();
        byte[] value = value();
        long size = OVERHEAD;
        size += (key == null) ? 0 : key.length;
        size += (value == null) ? 0 : value.length;
        for (Header header : headers) {
            size += header.key().length() + ((header.value() == null) ? 0 : header.value().length);
        }
        return size;
    }
}
