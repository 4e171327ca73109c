package io.github.resilientkafka.listener;

/**
 * What a handler's failure means for the record.
 */
public enum ErrorClass {

    /**
     * The record itself is bad: no later attempt can succeed. It is dead-lettered, or skipped, at once.
     */
    BAD_DATA,

    /**
     * Something that the handler needs is away. The partition is held until it is back; no attempt is counted.
     */
    DEPENDENCY_DOWN,

    /**
     * Anything else. The partition is paused, the record tried again, and dead-lettered after
     * {@code resilient-kafka.listener.max-attempts}.
     */
    TRANSIENT
}
