package io.github.resilientkafka.publisher;

import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a gate asks the database about its lane's pending rows, and what the answers mean. Guarded by the gate's lock.
 */
final class Handover {

    private static final long MAX_NANOS = Duration.ofMillis(200).toNanos();

    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(100).toNanos();

    private static final long MAX_PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

    /** Times what is worth waiting for: about what a fast relay delivers in a second. */
    private static final int MUCH = 32;

    private final long littleLeft;

    private boolean muchLeft;

    private long visit;

    private long startedNanos;

    private long endedNanos;

    private long pauseNanos;

    private @Nullable Long mustSettle;

    /**
     * A question: which of the lane's rows are pending?
     *
     * @param gate whose lane is meant
     * @param visit the visit of HANDOVER that asks, or was the last one; the answer is good for no other (R5)
     */
    record Question(LaneGate gate, long visit) {}

    /**
     * Creates what a gate starts with.
     * @param littleLeft a backlog whose oldest and newest id are less than this apart is worth waiting for
     */
    Handover(long littleLeft) {
        this.littleLeft = littleLeft;
    }

    Question ask(LaneGate gate) {
        return new Question(gate, this.visit);
    }

    /**
     * Starts a visit of HANDOVER, if that is worthwhile: so little is left that new events can wait for it in memory.
     * After visits in vain, because rows stay (a held partition, a slow relay), the next one has to wait: in each of them
     * new events do.
     * @return whether a visit has started
     */
    boolean start(@Nullable LaneBacklog pending, long nowNanos) {
        long left = (pending == null) ? 0 : pending.newestId() - pending.oldestId();
        boolean little = pending == null || left < this.littleLeft;
        this.muchLeft = left >= MUCH * this.littleLeft;
        if (pending == null) {
            this.pauseNanos = 0;
        }
        if (!little || this.pauseNanos > 0 && nowNanos - this.endedNanos < this.pauseNanos) {
            return false;
        }
        this.visit++;
        this.startedNanos = nowNanos;
        this.mustSettle = null;
        return true;
    }

    /**
     * Returns whether so much was left the last time that it need not be asked for as often as it might be.
     */
    boolean hasMuchLeft() {
        return this.muchLeft;
    }

    /**
     * Ends a visit that has lasted too long.
     * @return whether it is over
     */
    boolean endInVain(long nowNanos) {
        if (nowNanos - this.startedNanos < MAX_NANOS) {
            return false;
        }
        this.endedNanos = nowNanos;
        this.pauseNanos = Math.min(MAX_PAUSE_NANOS, Math.max(FIRST_PAUSE_NANOS, 2 * this.pauseNanos));
        return true;
    }

    /**
     * Returns whether an answer to the question still says something: a slow one may come when its visit is long over (R5).
     */
    boolean isCurrent(Question question) {
        return question.visit() == this.visit;
    }

    /**
     * Ends a visit if everything that was stored before it is settled.
     * @return whether it is over
     */
    boolean endWell(@Nullable LaneBacklog pending) {
        if (!isSettled(pending)) {
            return false;
        }
        this.pauseNanos = 0;
        return true;
    }

    /**
     * The first answer says up to which row: it covers every row of ours, since the writer was idle. Rows that others store
     * meanwhile don't prolong the visit.
     */
    private boolean isSettled(@Nullable LaneBacklog pending) {
        if (pending == null) {
            return true;
        }
        Long mustSettle = this.mustSettle;
        if (mustSettle == null) {
            this.mustSettle = pending.newestId();
            return false;
        }
        return pending.oldestId() > mustSettle;
    }

    /**
     * Makes all answers to earlier questions void.
     */
    void forget() {
        this.visit++;
    }
}
