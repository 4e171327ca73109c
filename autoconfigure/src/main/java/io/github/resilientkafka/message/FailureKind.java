package io.github.resilientkafka.message;

/**
 * Why Kafka did not take a record, which decides what happens to it next.
 */
public enum FailureKind {

    /**
     * The record itself is refused (too large, invalid record or timestamp): retries are counted, then it goes to the
     * dead-letter topic. The circuit breaker ignores it.
     */
    RECORD,

    /**
     * Its topic is refused (unknown, invalid, not authorised): treated as {@link #RECORD}, and the topic is remembered
     * for a while so that callers do not block on it again.
     */
    TOPIC,

    /**
     * Kafka is away, wholly or for this partition: the circuit breaker counts it, the event's attempts don't, and it is
     * never dead-lettered for it.
     */
    OUTAGE
}
