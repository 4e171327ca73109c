package io.github.resilientkafka.delivery;

/**
 * Is told what the relay does, for metrics. Called once per batch; implementations must be quick and must not throw.
 * Internal.
 */
public interface DeliveryObserver {

    /**
     * Does nothing.
     */
    DeliveryObserver NONE = new DeliveryObserver() {};

    /**
     * Stored events were acknowledged by Kafka and settled.
     * @param events how many
     */
    default void retrySucceeded(int events) {}

    /**
     * Retries failed in a way that counts.
     * @param events how many
     */
    default void retryFailed(int events) {}

    /**
     * Events were acknowledged by their dead-letter topics.
     * @param events how many
     */
    default void deadLettered(int events) {}
}
