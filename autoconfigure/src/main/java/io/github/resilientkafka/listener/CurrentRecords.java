package io.github.resilientkafka.listener;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The records that a handler is being called for, on its thread.
 */
final class CurrentRecords {

    /** A record, or a list of them: wrapping each record would be paid by all who never ask. */
    private static final ThreadLocal<@Nullable Object> current = new ThreadLocal<>();

    private CurrentRecords() {}

    @SuppressWarnings("unchecked")
    static List<? extends ConsumerRecord<?, ?>> get() {
        Object records = current.get();
        if (records instanceof ConsumerRecord<?, ?> record) {
            return List.of(record);
        }
        return (records == null) ? List.of() : (List<? extends ConsumerRecord<?, ?>>) records;
    }

    static void set(ConsumerRecord<?, ?> record) {
        current.set(record);
    }

    static void set(List<? extends ConsumerRecord<?, ?>> records) {
        current.set(records);
    }

    static void clear() {
        current.set(null);
    }
}
