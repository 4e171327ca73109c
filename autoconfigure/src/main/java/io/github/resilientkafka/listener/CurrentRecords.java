package io.github.resilientkafka.listener;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The records that a handler is being called for, on its thread, and the last one that it has returned for.
 */
final class CurrentRecords {

    private static final ThreadLocal<CurrentRecords> ofThread = ThreadLocal.withInitial(CurrentRecords::new);

    /** A record, or a list of them: wrapping each record would be paid by all who never ask. */
    private @Nullable Object records;

    /** Null if the last call did not return. The record itself may be large: its place is enough. */
    private @Nullable String returnedTopic;

    private int returnedPartition;

    private long returnedOffset;

    private CurrentRecords() {}

    static CurrentRecords ofThread() {
        return ofThread.get();
    }

    @SuppressWarnings("unchecked")
    List<? extends ConsumerRecord<?, ?>> get() {
        if (this.records instanceof ConsumerRecord<?, ?> record) {
            return List.of(record);
        }
        return (this.records == null) ? List.of() : (List<? extends ConsumerRecord<?, ?>>) this.records;
    }

    void begin(ConsumerRecord<?, ?> record) {
        this.records = record;
        this.returnedTopic = null;
    }

    void begin(List<? extends ConsumerRecord<?, ?>> records) {
        this.records = records;
        this.returnedTopic = null;
    }

    void end() {
        this.records = null;
    }

    /**
     * Nothing is left to do for a record, and those before it in its batch.
     */
    void returned(ConsumerRecord<?, ?> last) {
        this.returnedTopic = last.topic();
        this.returnedPartition = last.partition();
        this.returnedOffset = last.offset();
    }

    /**
     * Returns whether the last call returned, and was for one of these records.
     */
    boolean returnedFor(List<? extends ConsumerRecord<?, ?>> some) {
        return this.returnedTopic != null
                && some.stream()
                        .anyMatch(record -> record.offset() == this.returnedOffset
                                && record.partition() == this.returnedPartition
                                && record.topic().equals(this.returnedTopic));
    }
}
