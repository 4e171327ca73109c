package io.github.resilientkafka.actuate;

import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.publisher.PublisherStats;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.RetryStats;
import io.github.resilientkafka.store.WriterStats;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

/**
 * What the {@code kafkaevents} endpoint answers with; absent values are left out.
 */
final class EventAnswers {

    private EventAnswers() {}

    /**
     * Returns the publisher's figures with errors as they may be shown.
     */
    static PublisherStats shown(PublisherStats stats) {
        WriterStats writer = stats.writer();
        return new PublisherStats(
                stats.asyncEnabled(),
                stats.storeFailures(),
                stats.circuitBreakerState(),
                stats.connectionState(),
                stats.healthy(),
                stats.ready(),
                stats.queuedBytes(),
                stats.queuedEvents(),
                stats.divertedLanes(),
                stats.lostEvents(),
                ErrorText.ofNullable(stats.lastError()),
                stats.connectionError(),
                (writer == null)
                        ? null
                        : new WriterStats(
                                writer.available(),
                                writer.queued(),
                                writer.stored(),
                                writer.lost(),
                                ErrorText.ofNullable(writer.lastError()),
                                writer.threads()));
    }

    /**
     * The figures.
     *
     * @param publisher of the publisher
     * @param retry of the stored events, or null if they are not known
     * @param retryError why they are not known, or null
     */
    record Stats(
            PublisherStats publisher,
            @Nullable RetryStats retry,
            @Nullable String retryError) implements OperationResponseBody {}

    /**
     * A page of stored events.
     *
     * @param rows the events, newest first
     * @param nextBefore what to ask for as {@code before} for the next page, or null if this is the last one
     */
    record Page(List<Row> rows, @Nullable Long nextBefore) implements OperationResponseBody {

        static Page of(List<FailedEventView> views, int limit) {
            List<Row> rows = views.stream().map(Row::of).toList();
            return new Page(
                    rows,
                    (rows.size() < limit) ? null : rows.get(rows.size() - 1).id());
        }
    }

    /**
     * A stored event in a list.
     *
     * @param id the row's id
     * @param eventId the event's id
     * @param topic its topic
     * @param partition the partition its publisher chose, or null
     * @param key the key as text, or null
     * @param eventType its type
     * @param status where it stands
     * @param failureKind why Kafka did not take it
     * @param attempts failed retries that counted
     * @param errorType the class of the last error
     * @param errorMessage the last error's message, or null
     * @param createdAt when it was published
     * @param nextAttemptAt when it may be tried (again), or null if that is as soon as Kafka takes events
     * @param resolvedAt when it was resolved or dead-lettered, or null
     * @param payloadBytes the payload's size
     */
    record Row(
            long id,
            UUID eventId,
            String topic,
            @Nullable Integer partition,
            @Nullable String key,
            String eventType,
            String status,
            String failureKind,
            int attempts,
            String errorType,
            @Nullable String errorMessage,
            Instant createdAt,
            @Nullable Instant nextAttemptAt,
            @Nullable Instant resolvedAt,
            long payloadBytes) {

        static Row of(FailedEventView view) {
            return new Row(
                    view.id(),
                    view.eventId(),
                    view.topic(),
                    view.partition(),
                    view.keyText(),
                    view.eventType(),
                    view.status().name(),
                    view.failureKind().name(),
                    view.attempts(),
                    view.errorType(),
                    ErrorText.ofNullable(view.errorMessage()),
                    view.createdAt(),
                    // After an outage a row is always due: when it goes is up to the circuit, not to a time.
                    Instant.EPOCH.equals(view.nextAttemptAt()) ? null : view.nextAttemptAt(),
                    view.resolvedAt(),
                    view.payloadBytes());
        }
    }

    /**
     * A stored event by itself.
     *
     * @param row what a list shows, too
     * @param headers its headers, in order
     * @param payload its payload, or null where it was not asked for or there is none
     */
    record Detail(
            Row row, List<HeaderValue> headers, @Nullable ReadableBytes payload) implements OperationResponseBody {

        static Detail of(FailedEventView view, boolean withPayload) {
            byte[] payload = view.payload();
            return new Detail(
                    Row.of(view),
                    HeaderValue.of(view.headers()),
                    (withPayload && payload != null) ? ReadableBytes.of(payload) : null);
        }
    }

    /**
     * A header of a stored event.
     *
     * @param name its name
     * @param value its value, or null
     */
    record HeaderValue(String name, @Nullable ReadableBytes value) {

        static List<HeaderValue> of(String stored) {
            List<HeaderValue> values = new ArrayList<>();
            try {
                for (Header header : HeaderCodec.decode(stored)) {
                    byte[] value = header.value();
                    values.add(new HeaderValue(header.key(), (value == null) ? null : ReadableBytes.of(value)));
                }
            } catch (IllegalArgumentException ex) {
                values.add(new HeaderValue("(unreadable)", new ReadableBytes("text", stored)));
            }
            return values;
        }
    }

    /**
     * What was done.
     *
     * @param id the row's id
     * @param action what was done to it
     */
    record Done(long id, String action) implements OperationResponseBody {}

    /**
     * What went wrong (RFC 9457).
     *
     * @param title the status in words
     * @param status the HTTP status
     * @param detail what was wrong
     */
    record Problem(String title, int status, String detail) implements OperationResponseBody {}
}
