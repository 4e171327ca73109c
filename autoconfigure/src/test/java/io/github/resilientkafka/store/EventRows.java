package io.github.resilientkafka.store;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows for tests.
 */
final class EventRows {

    static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456Z");

    static final Duration LEASE = Duration.ofMinutes(1);

    /** Such a lease has expired before it begins. */
    static final Duration EXPIRED = Duration.ofMinutes(-1);

    private EventRows() {}

    static FailedEvent row(int lane, String key, Instant dueAt) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return row(lane, key, bytes, bytes, "[[\"ce_id\",\"1\"]]", "Placed", "it failed", dueAt);
    }

    static FailedEvent row(
            int lane,
            String keyText,
            byte[] key,
            byte[] payload,
            String headers,
            String type,
            String message,
            Instant dueAt) {
        return row(lane, "orders", keyText, key, payload, headers, type, message, dueAt);
    }

    static FailedEvent row(
            int lane,
            String topic,
            String keyText,
            byte[] key,
            byte[] payload,
            String headers,
            String type,
            String message,
            Instant dueAt) {
        return new FailedEvent(
                EventIds.next(dueAt.toEpochMilli()),
                EventIds.next(dueAt.toEpochMilli()),
                lane,
                topic,
                3,
                1_700_000_000_123L,
                key,
                keyText,
                payload,
                headers,
                type,
                FailureKind.OUTAGE,
                "java.net.ConnectException",
                message,
                dueAt,
                dueAt);
    }

    /**
     * So many rows for each of the lanes, in turn.
     */
    static List<FailedEvent> rows(int perLane, int... lanes) {
        return IntStream.range(0, perLane * lanes.length)
                .mapToObj(i -> row(lanes[i % lanes.length], "key-" + i, NOW))
                .toList();
    }

    static FailedAttempt attempt(StoredEvent row, EventStatus from, EventStatus to) {
        return new FailedAttempt(
                row.id(),
                row.lane(),
                from,
                row.attempts(),
                to,
                row.attempts() + 1,
                NOW.plusSeconds(60),
                FailureKind.RECORD,
                "E",
                "m");
    }
}
