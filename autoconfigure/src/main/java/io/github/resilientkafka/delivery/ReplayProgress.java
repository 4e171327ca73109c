package io.github.resilientkafka.delivery;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far a replay has come.
 *
 * @param state whether it runs, and how it ended
 * @param found dead letters that match, the job's limit at most; grows while they are being counted, which comes first
 * @param replayed how many of them were given back to the relay, which sends them as it sends everything that is due
 * @param left how many were not: still to come or, in the end, dead letters that somebody else has retried, discarded or
 * purged meanwhile
 * @param rowsPerSecond how many were given back per second on average so far
 * @param startedAt when it started
 * @param endedAt when it ended, or null
 * @param error why it failed or was cancelled by itself, or null
 * @param examples the first few that were found
 */
public record ReplayProgress(
        State state,
        long found,
        long replayed,
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
     * @param id the row's id
     * @param eventId the event's id
     * @param key the key as text, or null
     * @param deadLetteredAt when it was dead-lettered
     * @param error why
     */
    public record Example(
            long id,
            UUID eventId,
            @Nullable String key,
            @Nullable Instant deadLetteredAt,
            String error) {}
}
