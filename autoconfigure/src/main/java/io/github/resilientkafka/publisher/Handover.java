package io.github.resilientkafka.publisher;

import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a gate asks the database about its lane's pending rows, and what the answers mean. Guarded by the gate's lock.
 */
final class Handover {

    private static final long MAX_NANOS = Duration.ofMillis(200).toNanos();

    private final long littleLeft;

    private long visit;

    private long startedNanos;

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
     * Returns whether so little is left that new events can wait for it in memory.
     */
    boolean isWorthwhile(@Nullable LaneBacklog pending) {
        return pending == null || pending.newestId() - pending.oldestId() < this.littleLeft;
    }

    /**
     * Starts a visit of HANDOVER.
     */
    void start(long nowNanos) {
        this.visit++;
        this.startedNanos = nowNanos;
        this.mustSettle = null;
    }

    boolean hasLastedTooLong(long nowNanos) {
        return nowNanos - this.startedNanos >= MAX_NANOS;
    }

    /**
     * Returns whether an answer to the question still says something: a slow one may come when its visit is long over (R5).
     */
    boolean isCurrent(Question question) {
        return question.visit() == this.visit;
    }

    /**
     * Returns whether everything that was stored before this visit is settled. The first answer says up to which row: it
     * covers every row of ours, since the writer was idle. Rows that others store meanwhile don't prolong the visit.
     */
    boolean isSettled(@Nullable LaneBacklog pending) {
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
