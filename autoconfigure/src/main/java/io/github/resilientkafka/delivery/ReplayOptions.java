package io.github.resilientkafka.delivery;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters of a topic are replayed, and how fast. Immutable; begin with {@link #defaults()}.
 *
 * @param dryRun whether to count only, with a few examples, and change nothing
 * @param rowsPerSecond how many are given back to the relay per second at most, 1 to 100,000
 * @param deadLetteredSince only those dead-lettered at or after, or null
 * @param deadLetteredBefore only those dead-lettered before; null, and anything later, means the start of the job
 * @param key only those with this key, as text, or null
 * @param limit how many at most, the oldest first; at least 1
 */
public record ReplayOptions(
        boolean dryRun,
        int rowsPerSecond,
        @Nullable Instant deadLetteredSince,
        @Nullable Instant deadLetteredBefore,
        @Nullable String key,
        long limit) {

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
        if (deadLetteredSince != null
                && deadLetteredBefore != null
                && !deadLetteredSince.isBefore(deadLetteredBefore)) {
            throw new IllegalArgumentException(
                    "deadLetteredSince is " + deadLetteredSince + ", not before " + deadLetteredBefore);
        }
    }

    /**
     * Returns options for all dead letters that are there when the job starts, 1,000 per second.
     * @return the options
     */
    public static ReplayOptions defaults() {
        return new ReplayOptions(false, DEFAULT_ROWS_PER_SECOND, null, null, null, Long.MAX_VALUE);
    }

    /**
     * Returns a copy that only counts.
     * @return the copy
     */
    public ReplayOptions asDryRun() {
        return new ReplayOptions(
                true, this.rowsPerSecond, this.deadLetteredSince, this.deadLetteredBefore, this.key, this.limit);
    }

    /**
     * Returns a copy with another rate.
     * @param rowsPerSecond 1 to 100,000
     * @return the copy
     */
    public ReplayOptions withRowsPerSecond(int rowsPerSecond) {
        return new ReplayOptions(
                this.dryRun, rowsPerSecond, this.deadLetteredSince, this.deadLetteredBefore, this.key, this.limit);
    }

    /**
     * Returns a copy with another window.
     * @param since only those dead-lettered at or after, or null
     * @param before only those dead-lettered before, or null
     * @return the copy
     */
    public ReplayOptions withDeadLettered(@Nullable Instant since, @Nullable Instant before) {
        return new ReplayOptions(this.dryRun, this.rowsPerSecond, since, before, this.key, this.limit);
    }

    /**
     * Returns a copy for one key.
     * @param key the key as text, or null for all
     * @return the copy
     */
    public ReplayOptions withKey(@Nullable String key) {
        return new ReplayOptions(
                this.dryRun, this.rowsPerSecond, this.deadLetteredSince, this.deadLetteredBefore, key, this.limit);
    }

    /**
     * Returns a copy with another bound.
     * @param limit how many at most, at least 1
     * @return the copy
     */
    public ReplayOptions withLimit(long limit) {
        return new ReplayOptions(
                this.dryRun, this.rowsPerSecond, this.deadLetteredSince, this.deadLetteredBefore, this.key, limit);
    }
}
