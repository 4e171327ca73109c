package io.github.resilientkafka.delivery;

import java.util.List;
import java.util.stream.Stream;

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
     * Makes one observer of all there are.
     * @param observers in the order in which they are told
     * @return one that tells them all
     */
    static DeliveryObserver of(Stream<DeliveryObserver> observers) {
        List<DeliveryObserver> all = observers.toList();
        return switch (all.size()) {
            case 0 -> NONE;
            case 1 -> all.get(0);
            default -> new DeliveryObservers(all);
        };
    }

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
