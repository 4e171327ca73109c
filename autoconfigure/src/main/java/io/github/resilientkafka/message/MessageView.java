package io.github.resilientkafka.message;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A message as a handler may want to see it, without Kafka's own types: declare a parameter of this type in a
 * {@code @KafkaListener} method, or a {@code List} of it in a batch listener. Key and value are what the application's
 * deserializers made of them; record and batch message converters are not applied.
 *
 * @param topic the topic
 * @param partition the partition
 * @param offset the offset
 * @param key the key, or null
 * @param value the value, or null for a tombstone
 * @param time the record's timestamp
 * @param headers the headers, in their order; of one name there may be several
 */
public record MessageView(
        String topic,
        int partition,
        long offset,
        @Nullable Object key,
        @Nullable Object value,
        Instant time,
        List<Header> headers) {

    public MessageView {
        headers = List.copyOf(headers);
    }

    /**
     * Returns the last header of a name.
     * @param name its name
     * @return its bytes read as UTF-8, or null if there is none, or it has none
     */
    public @Nullable String header(String name) {
        for (int index = this.headers.size() - 1; index >= 0; index--) {
            Header header = this.headers.get(index);
            if (header.key().equals(name)) {
                return (header.value() == null) ? null : new String(header.value(), StandardCharsets.UTF_8);
            }
        }
        return null;
    }
}
