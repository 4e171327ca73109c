package io.github.resilientkafka.publisher;

/**
 * What the publisher last heard of Kafka.
 */
public enum ConnectionState {

    /**
     * Nothing yet: the application has just started.
     */
    CONNECTING,

    /**
     * Kafka has answered, and nothing has contradicted it since.
     */
    CONNECTED,

    /**
     * Kafka has stopped answering.
     */
    DISCONNECTED
}
