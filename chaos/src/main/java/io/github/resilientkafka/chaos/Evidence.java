package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is known when a trial is over.
 *
 * @param journals the journals of all instances, each instance's in the order it was written
 * @param records what the topics hold, each partition's in order
 * @param deadLetters what the dead-letter topics hold
 * @param rows the rows of {@code failed_kafka_events} that have not been delivered
 * @param commits the committed offsets that were seen, in the order of time
 * @param faults what has struck
 * @param unrest what had not come to rest when the trial's patience was over, if anything
 */
record Evidence(
        List<Entry> journals,
        List<LogRecord> records,
        List<DeadLetter> deadLetters,
        List<StoredRow> rows,
        List<Commit> commits,
        List<Occurrence> faults,
        @Nullable String unrest) {

    /**
     * @param appendedMillis by the broker's clock, which is the machine's
     */
    record LogRecord(Position position, long appendedMillis, String key, Payload payload) {}

    /**
     * @param position where the record that failed lies
     * @param group whose handler it was
     */
    record DeadLetter(Position position, String group, Payload payload) {}

    /** A row that has not been delivered. */
    record StoredRow(String status, String topic, String payload, int attempts) {}

    /**
     * @param next the offset of the first record that is not committed
     */
    record Commit(long millis, String group, String topic, int partition, long next) {}
}
