package io.github.resilientkafka.message;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
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

    private static final int MAX_TEXT = 100;

    private static final int MAX_HEADERS = 20;

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

    /**
     * Returns where the message is from and what it is, for logs: key and value cut to 100 characters, of bytes and headers no
     * more than how many, and which.
     * @return a short text
     */
    @Override
    public String toString() {
        return "MessageView[" + this.topic + "-" + this.partition + "@" + this.offset + ", time=" + this.time + ", key="
                + text(this.key) + ", value=" + text(this.value) + ", headers=" + headerNames() + "]";
    }

    private String headerNames() {
        String names = this.headers.stream()
                .limit(MAX_HEADERS)
                .map(header -> cut(header.key()))
                .collect(Collectors.joining(", "));
        int others = this.headers.size() - MAX_HEADERS;
        return "[" + names + ((others > 0) ? " and " + others + " more" : "") + "]";
    }

    private static String text(@Nullable Object content) {
        return (content instanceof byte[] bytes) ? bytes.length + " bytes" : cut(String.valueOf(content));
    }

    private static String cut(String text) {
        return (text.length() <= MAX_TEXT)
                ? text
                : text.substring(0, MAX_TEXT) + "... (" + text.length() + " characters)";
    }
}
