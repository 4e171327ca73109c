package io.github.resilientkafka.testing;

import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * An event that a {@link RecordingEventPublisher} took.
 *
 * @param number its place in the order of publishing over all topics, from 0
 * @param outgoing the event as it was published
 * @param result what its future completes with
 */
public record PublishedEvent(int number, OutgoingEvent outgoing, PublishResult result) {

    /** The topic it was published to. */
    public String topic() {
        return result.topic();
    }

    /** The key as its publisher gave it; null for an event without one. */
    public @Nullable Object key() {
        return outgoing.key();
    }

    /** The body as its publisher gave it; null for a tombstone. */
    public @Nullable Object event() {
        return outgoing.event();
    }

    /** The headers that its publisher added, in order; without those that the real publisher adds. */
    public List<Header> headers() {
        return outgoing.headers();
    }

    /** The last header of a name as UTF-8 text; null if there is none or it has no value. */
    public @Nullable String header(String name) {
        String text = null;
        for (Header header : headers()) {
            if (header.key().equals(name)) {
                text = text(header);
            }
        }
        return text;
    }

    private static @Nullable String text(Header header) {
        return (header.value() == null) ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** For a failing assertion's message: {@code #0 orders [c1] OrderPlaced[…] {tenant=acme} SENT}. */
    @Override
    public String toString() {
        String headers = headers().isEmpty()
                ? ""
                : headers().stream()
                        .map(header -> header.key() + "=" + text(header))
                        .collect(Collectors.joining(", ", " {", "}"));
        return "#" + number + " " + topic() + (outgoing.isKeyed() ? " [" + key() + "] " : " unkeyed ") + event()
                + headers + " " + result.outcome();
    }
}
