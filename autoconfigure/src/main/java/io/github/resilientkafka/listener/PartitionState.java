package io.github.resilientkafka.listener;

/**
 * What a listener does with a partition.
 */
public enum PartitionState {

    /**
     * Its records are handled.
     */
    RUNNING,

    /**
     * Paused after a failure, until the failed record is tried again.
     */
    BACKOFF,

    /**
     * Paused until a dependency is back.
     */
    HELD,

    /**
     * Paused until its failed record is durable as a dead letter.
     */
    DEAD_LETTER_BLOCKED
}
