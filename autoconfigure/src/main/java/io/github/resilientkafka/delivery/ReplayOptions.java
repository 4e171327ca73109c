package io.github.resilientkafka.delivery;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters of a topic are replayed, from where, and how fast. Immutable; begin with {@link #defaults()} or
 * {@link #fromTopic()}.
 *
 * @param source where they are
 * @param dryRun whether to count only, with a few examples, and change nothing
 * @param rowsPerSecond how many are replayed per second at most, 1 to 100,000
 * @param filter which of them
 * @param limit how many at most, the oldest first (of each partition, from a topic); at least 1
 * @param fromBeginning whether to replay what earlier jobs have replayed already, too; not for {@link ReplaySource#STORE}
 */
public record ReplayOptions(
        ReplaySource source,
        boolean dryRun,
        int rowsPerSecond,
        ReplayFilter filter,
        long limit,
        boolean fromBeginning) {

    /**
     * The highest rate there is.
     */
    public static final int MAX_ROWS_PER_SECOND = 100_000;

    private static final int DEFAULT_ROWS_PER_SECOND = 1_000;

    public ReplayOptions {
        if (rowsPerSecond < 1 || rowsPerSecond > MAX_ROWS_PER_SECOND) {
            throw new IllegalArgumentException(
                    "rowsPerSecond is " + rowsPerSecond + ", not from 1 to " + MAX_ROWS_PER_SECOND);
        }
        if (limit < 1) {
            throw new IllegalArgumentException("limit is " + limit + ", not 1 or more");
        }
        if (source == ReplaySource.STORE
                && (filter.group() != null || filter.reason() != null || filter.error() != null || fromBeginning)) {
            throw new IllegalArgumentException(
                    "group, reason, error and fromBeginning are for the sources TOPIC and PARKED only");
        }
    }

    /**
     * Returns options for all of the publisher's dead letters that are stored when the job starts, 1,000 per second.
     * @return the options
     */
    public static ReplayOptions defaults() {
        return new ReplayOptions(
                ReplaySource.STORE, false, DEFAULT_ROWS_PER_SECOND, ReplayFilter.ALL, Long.MAX_VALUE, false);
    }

    /**
     * Returns options for all that is in the dead-letter topic when the job starts and was not replayed yet, 1,000 per
     * second.
     * @return the options
     */
    public static ReplayOptions fromTopic() {
        return defaults().withSource(ReplaySource.TOPIC);
    }

    /**
     * Returns a copy with another source.
     * @param source where the dead letters are
     * @return the copy
     */
    public ReplayOptions withSource(ReplaySource source) {
        return new ReplayOptions(source, this.dryRun, this.rowsPerSecond, this.filter, this.limit, this.fromBeginning);
    }

    /**
     * Returns a copy that only counts.
     * @return the copy
     */
    public ReplayOptions asDryRun() {
        return new ReplayOptions(this.source, true, this.rowsPerSecond, this.filter, this.limit, this.fromBeginning);
    }

    /**
     * Returns a copy with another rate.
     * @param rowsPerSecond 1 to 100,000
     * @return the copy
     */
    public ReplayOptions withRowsPerSecond(int rowsPerSecond) {
        return new ReplayOptions(this.source, this.dryRun, rowsPerSecond, this.filter, this.limit, this.fromBeginning);
    }

    /**
     * Returns a copy with another filter.
     * @param filter which dead letters
     * @return the copy
     */
    public ReplayOptions withFilter(ReplayFilter filter) {
        return new ReplayOptions(this.source, this.dryRun, this.rowsPerSecond, filter, this.limit, this.fromBeginning);
    }

    /**
     * Returns a copy with another window.
     * @param since only those dead-lettered at or after, or null
     * @param before only those dead-lettered before, or null
     * @return the copy
     */
    public ReplayOptions withDeadLettered(@Nullable Instant since, @Nullable Instant before) {
        return withFilter(this.filter.withDeadLettered(since, before));
    }

    /**
     * Returns a copy for one key.
     * @param key the key as text, or null for all
     * @return the copy
     */
    public ReplayOptions withKey(@Nullable String key) {
        return withFilter(this.filter.withKey(key));
    }

    /**
     * Returns a copy with another bound.
     * @param limit how many at most, at least 1
     * @return the copy
     */
    public ReplayOptions withLimit(long limit) {
        return new ReplayOptions(this.source, this.dryRun, this.rowsPerSecond, this.filter, limit, this.fromBeginning);
    }

    /**
     * Returns a copy that also replays what earlier jobs have replayed already.
     * @return the copy
     */
    public ReplayOptions startingFromBeginning() {
        return new ReplayOptions(this.source, this.dryRun, this.rowsPerSecond, this.filter, this.limit, true);
    }
}
