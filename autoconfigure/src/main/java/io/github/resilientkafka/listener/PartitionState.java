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
     * Paused until a record that failed is tried again.
     */
    BACKOFF,

    /**
     * Paused until a dependency is back.
     */
    HELD,

    /**
     * Paused until its failed record is durable as a dead letter, or where its listener's strategy sends it.
     */
    DEAD_LETTER_BLOCKED
}
