package io.github.resilientkafka.delivery;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are replayed. Immutable; all conditions must hold.
 *
 * @param deadLetteredSince only those dead-lettered at or after, or null
 * @param deadLetteredBefore only those dead-lettered before; null, and anything later, means the start of the job
 * @param key only those with this key, as text, or null
 * @param group only those that this consumer group could not handle, or null; not for {@link ReplaySource#STORE}
 * @param reason only those of this kind of failure, in any case, or null; not for {@link ReplaySource#STORE}
 * @param error only those whose error contains this text, in any case, or null; not for {@link ReplaySource#STORE}
 */
public record ReplayFilter(
        @Nullable Instant deadLetteredSince,
        @Nullable Instant deadLetteredBefore,
        @Nullable String key,
        @Nullable String group,
        @Nullable String reason,
        @Nullable String error) {

    /**
     * Takes everything.
     */
    public static final ReplayFilter ALL = new ReplayFilter(null, null, null, null, null, null);

    public ReplayFilter {
        if (deadLetteredSince != null
                && deadLetteredBefore != null
                && !deadLetteredSince.isBefore(deadLetteredBefore)) {
            throw new IllegalArgumentException(
                    "deadLetteredSince is " + deadLetteredSince + ", not before " + deadLetteredBefore);
        }
    }

    /**
     * Returns a copy with another window.
     * @param since only those dead-lettered at or after, or null
     * @param before only those dead-lettered before, or null
     * @return the copy
     */
    public ReplayFilter withDeadLettered(@Nullable Instant since, @Nullable Instant before) {
        return new ReplayFilter(since, before, this.key, this.group, this.reason, this.error);
    }

    /**
     * Returns a copy for one key.
     * @param key the key as text, or null for all
     * @return the copy
     */
    public ReplayFilter withKey(@Nullable String key) {
        return new ReplayFilter(
                this.deadLetteredSince, this.deadLetteredBefore, key, this.group, this.reason, this.error);
    }

    /**
     * Returns a copy for one consumer group.
     * @param group the group that could not handle them, or null for all
     * @return the copy
     */
    public ReplayFilter withGroup(@Nullable String group) {
        return new ReplayFilter(
                this.deadLetteredSince, this.deadLetteredBefore, this.key, group, this.reason, this.error);
    }

    /**
     * Returns a copy for one kind of failure.
     * @param reason the kind, in any case, or null for all
     * @return the copy
     */
    public ReplayFilter withReason(@Nullable String reason) {
        return new ReplayFilter(
                this.deadLetteredSince, this.deadLetteredBefore, this.key, this.group, reason, this.error);
    }

    /**
     * Returns a copy for some errors.
     * @param error text that the error contains, in any case, or null for all
     * @return the copy
     */
    public ReplayFilter withError(@Nullable String error) {
        return new ReplayFilter(
                this.deadLetteredSince, this.deadLetteredBefore, this.key, this.group, this.reason, error);
    }
}
