package io.github.resilientkafka.store;

/**
 * An event that wants to be stored, as the {@link GroupCommitWriter} sees it. Internal.
 */
public interface StoreRequest {

    /**
     * Returns the event's lane: one lane is always written by the same thread, in order.
     * @return 0 to 63
     */
    int lane();

    /**
     * Returns when to give up.
     * @return a value of {@link System#nanoTime()}
     */
    long deadlineNanos();

    /**
     * Makes the row. Called once, on a writer thread.
     * @return the row
     */
    FailedEvent toRow();

    /**
     * The row is committed. Called on a writer thread: must not block or run users' code.
     */
    void stored();

    /**
     * The row could not be committed before the deadline, or the database refuses it for itself. Called on a writer
     * thread: must not block or run users' code.
     * @param error the database's last error
     */
    void notStored(Throwable error);
}
