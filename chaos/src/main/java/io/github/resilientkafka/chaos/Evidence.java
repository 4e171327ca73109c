package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is known when a trial is over.
 *
 * @param journals the journals of all instances, each instance's in the order it was written
 * @param records what the topics hold, each partition's in order
 * @param deadLetters what the dead-letter topics hold of records that a group failed with
 * @param undeliverable what the dead-letter topics hold of events that Kafka refused for themselves
 * @param rows the rows of {@code failed_kafka_events} that have not been delivered
 * @param changes what became of all rows, also of those that are not there any more, in the order of time
 * @param commits the committed offsets that were seen, in the order of time
 * @param faults what has struck
 * @param planned how many events each instance would publish in the trial's time if nothing struck
 * @param unrest what had not come to rest when the trial's patience was over, if anything
 */
record Evidence(
        List<Entry> journals,
        List<LogRecord> records,
        List<DeadLetter> deadLetters,
        List<Undeliverable> undeliverable,
        List<StoredRow> rows,
        List<RowChange> changes,
        List<Commit> commits,
        List<Occurrence> faults,
        long planned,
        @Nullable String unrest) {

    /**
     * @param appendedMillis by the broker's clock, which is the machine's
     */
    record LogRecord(Position position, long appendedMillis, String key, String eventId, Payload payload) {}

    /**
     * @param position where the record that failed lies
     * @param group whose handler it was
     * @param durableMillis since when it has been in its topic, or before that in the database
     * @param copy the dead letter itself
     */
    record DeadLetter(Position position, String group, long durableMillis, LogRecord copy) {

        Payload payload() {
            return this.copy.payload();
        }
    }

    /**
     * An event that the publisher has given up.
     *
     * @param attempts how many failed retries it tells of
     * @param copy the dead letter itself
     */
    record Undeliverable(int attempts, LogRecord copy) {

        Payload payload() {
            return this.copy.payload();
        }
    }

    /** A row that has not been delivered. */
    record StoredRow(String status, String topic, Payload payload, int attempts) {

        boolean isAtRest() {
            return this.status.equals("DLQ");
        }
    }

    /**
     * A row was stored, or settled.
     *
     * @param millis by the database's clock, which is the machine's
     * @param instance the name of who did it
     * @param holder who had leased the row's lane last, if anybody had
     * @param heldSinceMillis when that was; 0 if nobody had
     * @param row its id
     * @param headers those that make it a dead letter; none if it is not
     * @param status the new one
     * @param attempts the new number
     */
    record RowChange(
            long millis,
            String instance,
            @Nullable String holder,
            long heldSinceMillis,
            long row,
            String topic,
            Payload payload,
            Map<String, String> headers,
            String status,
            int attempts) {}

    /**
     * @param next the offset of the first record that is not committed
     */
    record Commit(long millis, String group, String topic, int partition, long next) {}
}
