package io.github.resilientkafka;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows as an outage leaves them, without the outage: due at once.
 */
public final class StoredRows {

    private static final int AT_ONCE = 1_000;

    private StoredRows() {}

    public static FailedEvent row(int lane, String topic, String key, String value) {
        Instant now = Instant.now();
        return new FailedEvent(
                EventIds.next(now.toEpochMilli()),
                EventIds.next(now.toEpochMilli()),
                lane,
                topic,
                null,
                now.toEpochMilli(),
                key.getBytes(StandardCharsets.UTF_8),
                key,
                value.getBytes(StandardCharsets.UTF_8),
                "[]",
                "String",
                FailureKind.OUTAGE,
                "none",
                null,
                now,
                now);
    }

    /**
     * Writes rows through the application's store, past its gates.
     */
    public static void save(TestApplication application, List<FailedEvent> rows) {
        EventStore store = application.context().getBean(EventStore.class);
        List<FailedEvent> left = new ArrayList<>(rows);
        while (!left.isEmpty()) {
            List<FailedEvent> next = left.subList(0, Math.min(AT_ONCE, left.size()));
            store.save(List.copyOf(next));
            next.clear();
        }
    }
}
