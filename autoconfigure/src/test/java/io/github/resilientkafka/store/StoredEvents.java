package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.time.Instant;
import java.util.UUID;

/**
 * Rows as the relay reads them, for tests to which nothing but their ids matters.
 */
public final class StoredEvents {

    private StoredEvents() {}

    public static StoredEvent row(long id) {
        return row(id, "orders");
    }

    public static StoredEvent row(long id, String topic) {
        return new StoredEvent(
                id,
                UUID.randomUUID(),
                0,
                topic,
                null,
                0,
                new byte[] {1},
                new byte[0],
                "[]",
                FailureKind.OUTAGE,
                0,
                "error",
                null,
                Instant.EPOCH);
    }
}
