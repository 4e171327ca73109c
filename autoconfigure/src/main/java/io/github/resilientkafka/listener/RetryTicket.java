package io.github.resilientkafka.listener;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a record tell that was moved to be tried again later.
 *
 * @param origin where it failed first
 * @param attempts attempts that counted
 * @param firstFailure when it first failed
 * @param notBefore when it may be tried again
 */
record RetryTicket(Origin origin, int attempts, Instant firstFailure, Instant notBefore) {

    /**
     * The header, milliseconds since 1970, that only records have that were moved to be tried again.
     */
    static final String NOT_BEFORE = "rk_not_before";

    private static final String GROUP = "rk_group";

    /**
     * Reads the ticket of a record.
     * @param group the consumer group for which it must have been moved: others count for themselves
     * @return the ticket, or null if it has none, of that group, that can be read
     */
    static @Nullable RetryTicket of(ConsumerRecord<?, ?> record, String group) {
        Headers headers = record.headers();
        String notBefore = text(headers, NOT_BEFORE);
        if (notBefore == null || !group.equals(groupOf(record))) {
            return null;
        }
        String topic = text(headers, "rk_original_topic");
        try {
            return (topic == null)
                    ? null
                    : new RetryTicket(
                            new Origin(
                                    topic,
                                    (int) number(headers, "rk_original_partition"),
                                    number(headers, "rk_original_offset"),
                                    number(headers, "rk_original_timestamp")),
                            (int) number(headers, "rk_attempts"),
                            Instant.parse(String.valueOf(text(headers, "rk_first_failure"))),
                            Instant.ofEpochMilli(Long.parseLong(notBefore)));
        } catch (NumberFormatException | DateTimeException ex) {
            return null;
        }
    }

    /**
     * Returns the consumer group for which a record was moved, or null if its headers name none.
     */
    static @Nullable String groupOf(ConsumerRecord<?, ?> record) {
        return text(record.headers(), GROUP);
    }

    /**
     * Adds the ticket's date to a record's headers; the others are those of {@link FailedRecord#addHeaders}.
     */
    static void addNotBefore(Headers headers, Instant notBefore) {
        headers.remove(NOT_BEFORE);
        headers.add(NOT_BEFORE, Long.toString(notBefore.toEpochMilli()).getBytes(StandardCharsets.US_ASCII));
    }

    boolean isDue(Instant now) {
        return !now.isBefore(notBefore);
    }

    private static long number(Headers headers, String name) {
        return Long.parseLong(String.valueOf(text(headers, name)));
    }

    private static @Nullable String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return (header == null || header.value() == null) ? null : new String(header.value(), StandardCharsets.UTF_8);
    }
}
