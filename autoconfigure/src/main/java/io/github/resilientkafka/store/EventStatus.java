package io.github.resilientkafka.store;

/**
 * Where a row of {@code failed_kafka_events} stands.
 */
public enum EventStatus {

    /**
     * Waiting for the relay.
     */
    PENDING,

    /**
     * Kafka has acknowledged it.
     */
    RESOLVED,

    /**
     * Its dead-letter topic has acknowledged it.
     */
    DLQ,

    /**
     * Its dead-letter topic refused it: kept for ever, retried now and then, visible in health and metrics.
     */
    DLQ_FAILED
}
