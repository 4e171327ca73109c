package io.github.resilientkafka.delivery;

import java.util.List;
import java.util.stream.Stream;

/**
 * Is told what the relay and replays do, for metrics. Called once per batch; implementations must be quick and must not throw.
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

    /**
     * Records of a dead-letter topic were sent to their topic again, and are durable.
     * @param records how many
     */
    default void replayed(int records) {}

    /**
     * Records of a dead-letter topic were parked, as no replay had helped.
     * @param records how many
     */
    default void parked(int records) {}
}
