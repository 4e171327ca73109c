package io.github.resilientkafka.delivery;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far a replay has come.
 *
 * @param state whether it runs, and how it ended
 * @param found dead letters that match, the job's limit at most. Stored ones are counted first; those of a topic as they
 * are read
 * @param replayed how many of them were given back to the relay, which sends them as it sends everything that is due;
 * from a topic: how many are durable, in their topic or, while Kafka is away, as stored events
 * @param parked how many of them were parked, as no replay had helped, or would be, in a dry run; from a topic only
 * @param skipped how many records of the topic did not match; from a topic only
 * @param left how many were not replayed: still to come or, in the end, dead letters that somebody else has retried,
 * discarded or purged meanwhile; from a topic: records still to be read, by this instance or another one
 * @param rowsPerSecond how many were replayed or parked per second on average so far
 * @param startedAt when it started
 * @param endedAt when it ended, or null
 * @param error why it waits, failed or was cancelled by itself, or null
 * @param examples the first few that were found
 */
public record ReplayProgress(
        State state,
        long found,
        long replayed,
        long parked,
        long skipped,
        long left,
        double rowsPerSecond,
        Instant startedAt,
        @Nullable Instant endedAt,
        @Nullable String error,
        List<Example> examples) {

    public ReplayProgress {
        examples = List.copyOf(examples);
    }

    /**
     * Whether a replay runs, and how it ended.
     */
    public enum State {

        /**
         * It counts, or replays.
         */
        RUNNING,

        /**
         * It runs, and waits for Kafka; {@code error} says why.
         */
        WAITING,

        /**
         * Everything that was found was replayed or, in a dry run, counted.
         */
        DONE,

        /**
         * It was ended on request, or because the application stops.
         */
        CANCELLED,

        /**
         * It ended by an error; the rest stays dead-lettered.
         */
        FAILED
    }

    /**
     * A dead letter that was found.
     *
     * @param id the row's id, or null if it is a record of a topic
     * @param partition the record's partition, or null if it is a row
     * @param offset the record's offset, or null if it is a row
     * @param eventId the event's id, or null if the record carries none
     * @param key the key as text, or null
     * @param deadLetteredAt when it was dead-lettered
     * @param group the consumer group that could not handle it, or null
     * @param reason the kind of failure, or null
     * @param error why
     */
    public record Example(
            @Nullable Long id,
            @Nullable Integer partition,
            @Nullable Long offset,
            @Nullable UUID eventId,
            @Nullable String key,
            @Nullable Instant deadLetteredAt,
            @Nullable String group,
            @Nullable String reason,
            @Nullable String error) {}
}
