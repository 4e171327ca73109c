package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventIds;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The headers of a CloudEvents message in binary mode. What several events have in common is made once: headers are
 * immutable when made of a name and bytes, and a third of what an event costs when each is made anew. Thread-safe.
 */
final class CloudEventHeaders {

    private static final String PREFIX = "ce_";

    private static final String ID = "ce_id";

    private static final int MAX_KNOWN_TYPES = 10_000;

    private static final DateTimeFormatter WITH_MILLIS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

    private static final Header SPEC_VERSION = header("ce_specversion", "1.0");

    private final Header source;

    private final Map<String, Header> types = new ConcurrentHashMap<>();

    private volatile Time time = new Time(-1, isoText(-1));

    /**
     * A millisecond, and what is dear to make of it.
     */
    static final class Time {

        private final long millis;

        private final Long timestamp;

        private final byte[] text;

        private final Header header;

        private Time(long millis, byte[] text) {
            this.millis = millis;
            this.timestamp = millis;
            this.text = text;
            this.header = new RecordHeader("ce_time", text);
        }

        /**
         * Makes a later, or earlier, one. Within a second only three digits change.
         */
        Time at(long millis) {
            long second = Math.floorDiv(millis, 1_000L);
            if (second != Math.floorDiv(this.millis, 1_000L)) {
                return new Time(millis, isoText(millis));
            }
            byte[] text = this.text.clone();
            int left = (int) (millis - second * 1_000);
            for (int digit = text.length - 2; digit > text.length - 5; digit--) {
                text[digit] = (byte) ('0' + left % 10);
                left /= 10;
            }
            return new Time(millis, text);
        }

        long millis() {
            return this.millis;
        }

        Long timestamp() {
            return this.timestamp;
        }
    }

    CloudEventHeaders(String source) {
        this.source = header("ce_source", source);
    }

    Time at(long millis) {
        Time time = this.time;
        if (time.millis != millis) {
            time = time.at(millis);
            this.time = time;
        }
        return time;
    }

    /**
     * Adds the headers, but those that are there.
     * @param headers an event's
     * @param given those of them that may be the application's
     */
    void addTo(Headers headers, Header[] given, UUID id, String type, Time time) {
        boolean none = !containsAny(given);
        if (none || isMissing(headers, ID)) {
            headers.add(new RecordHeader(ID, EventIds.toAscii(id)));
        }
        add(headers, none, typeHeader(type));
        add(headers, none, this.source);
        add(headers, none, time.header);
        add(headers, none, SPEC_VERSION);
    }

    private static boolean containsAny(Header[] given) {
        for (Header header : given) {
            if (header.key().startsWith(PREFIX)) {
                return true;
            }
        }
        return false;
    }

    private static void add(Headers headers, boolean none, Header header) {
        if (none || isMissing(headers, header.key())) {
            headers.add(header);
        }
    }

    private static boolean isMissing(Headers headers, String name) {
        return headers.lastHeader(name) == null;
    }

    private Header typeHeader(String type) {
        Header known = this.types.get(type);
        if (known != null) {
            return known;
        }
        Header made = header("ce_type", type);
        if (this.types.size() < MAX_KNOWN_TYPES) {
            this.types.put(type, made);
        }
        return made;
    }

    private static byte[] isoText(long millis) {
        return WITH_MILLIS.format(Instant.ofEpochMilli(millis)).getBytes(StandardCharsets.US_ASCII);
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
