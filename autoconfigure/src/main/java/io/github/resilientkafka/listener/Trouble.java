package io.github.resilientkafka.listener;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a partition stands after a failure, until the failed record is done with.
 *
 * @param state why it is, or was, paused
 * @param offset the failed record
 * @param attempts attempts of it that counted
 * @param failure the last one
 * @param firstFailure when it first failed
 * @param since since when the partition is in this state
 * @param times how often in succession it was paused in this state
 * @param generation tells this state from earlier and later ones: what comes late for another is ignored
 * @param resumesAt when it is tried again, or null if that is not known
 * @param released whether the partition runs again, to try the record
 * @param durable whether the record is durable elsewhere: when it turns up again it is done with
 */
record Trouble(
        PartitionState state,
        long offset,
        int attempts,
        Failure failure,
        Instant firstFailure,
        Instant since,
        int times,
        long generation,
        @Nullable Instant resumesAt,
        boolean released,
        boolean durable) {

    private static final Duration TO_THE_SECOND = Duration.ofSeconds(10);

    static Trouble begin(
            PartitionState state,
            long offset,
            int attempts,
            Failure failure,
            Instant now,
            @Nullable Duration resumeAfter) {
        Instant resumesAt = (resumeAfter == null) ? null : now.plus(resumeAfter);
        return new Trouble(state, offset, attempts, failure, now, now, 1, 0, resumesAt, false, false);
    }

    /**
     * Returns the same as the partition's next state, which goes on from the one before if that was about the same record.
     */
    Trouble after(@Nullable Trouble before, long generation) {
        Trouble sameRecord = (before != null && before.offset() == offset) ? before : null;
        Trouble sameState = (sameRecord != null && sameRecord.state() == state) ? sameRecord : null;
        return new Trouble(
                state,
                offset,
                attempts,
                failure,
                (sameRecord != null) ? sameRecord.firstFailure() : firstFailure,
                (sameState != null) ? sameState.since() : since,
                (sameState != null) ? sameState.times() + 1 : times,
                generation,
                resumesAt,
                released,
                durable);
    }

    /**
     * Returns the same, running again.
     * @param done whether the record needs no further handling
     */
    Trouble release(boolean done) {
        return new Trouble(
                state, offset, attempts, failure, firstFailure, since, times, generation, null, true, durable || done);
    }

    /**
     * Returns how long it is until the record is tried again: not at all if nobody knows.
     */
    Duration rest(Instant now) {
        return (resumesAt == null || resumesAt.isBefore(now)) ? Duration.ZERO : Duration.between(now, resumesAt);
    }

    /**
     * Returns the same, with the time when it is tried again.
     */
    Trouble until(Instant time) {
        return new Trouble(
                state, offset, attempts, failure, firstFailure, since, times, generation, time, released, durable);
    }

    /**
     * Returns the state to be told: what waits for others does so also while it is tried.
     */
    PartitionState visibleState() {
        return (released && (durable || state == PartitionState.BACKOFF)) ? PartitionState.RUNNING : state;
    }

    /**
     * Returns whether its record failed, and did not only come before its time.
     */
    boolean isFailure() {
        return !(failure.error() instanceof NotHandledException);
    }

    /**
     * Returns for how long the record has been in trouble, for people: 2h10m5s, 0.2s.
     */
    String age(Instant now) {
        Duration age = Duration.between(firstFailure, now);
        ChronoUnit unit = (age.compareTo(TO_THE_SECOND) < 0) ? ChronoUnit.MILLIS : ChronoUnit.SECONDS;
        return age.truncatedTo(unit).toString().substring("PT".length()).toLowerCase(Locale.ROOT);
    }

    String reason() {
        return switch (state) {
            case HELD -> "waits for " + failure.dependency() + ": " + failure.text();
            case DEAD_LETTER_BLOCKED -> "its record could not be moved away yet: " + failure.text();
            default -> failure.text();
        };
    }
}
