package io.github.resilientkafka.publisher;

import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a gate asks the database about its lane's pending rows, and what the answers mean. Guarded by the gate's lock.
 */
final class Handover {

    private static final long MAX_NANOS = Duration.ofMillis(200).toNanos();

    private long visit;

    private long startedNanos;

    private @Nullable Long mustSettle;

    private long floor;

    /**
     * A question: which of the lane's rows are pending, from the floor on?
     *
     * @param gate whose lane is meant
     * @param visit the visit of HANDOVER that asks; the answer is good for no other (R5)
     * @param floor all rows of ours with smaller ids are settled
     * @param writerIdle whether all rows of ours were committed when this was asked
     */
    record Question(LaneGate gate, long visit, long floor, boolean writerIdle) {}

    Question ask(LaneGate gate, boolean writerIdle) {
        return new Question(gate, this.visit, this.floor, writerIdle);
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
     * Raises the floor, so that the next question need not walk over what was settled long ago. A question asked while
     * the writer was at work can't tell: a row of ours that was not visible may have a smaller id than those that were.
     */
    void learn(Question question, @Nullable LaneBacklog pending) {
        if (pending != null && question.writerIdle()) {
            this.floor = pending.oldestId();
        }
    }

    /**
     * Returns whether everything that was stored before this visit is settled. The first answer says up to which row: it
     * covers every row of ours, since the writer was idle. Rows that others store meanwhile don't prolong the visit.
     */
    boolean isSettled(Question question, @Nullable LaneBacklog pending) {
        if (question.visit() != this.visit) {
            return false;
        }
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

    void forget() {
        this.floor = 0;
    }
}
