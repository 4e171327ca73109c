package io.github.resilientkafka.delivery;

import java.util.List;

/**
 * Tells several observers, one after the other.
 *
 * @param observers in their order
 */
record DeliveryObservers(List<DeliveryObserver> observers) implements DeliveryObserver {

    @Override
    public void retrySucceeded(int events) {
        observers.forEach(observer -> observer.retrySucceeded(events));
    }

    @Override
    public void retryFailed(int events) {
        observers.forEach(observer -> observer.retryFailed(events));
    }

    @Override
    public void deadLettered(int events) {
        observers.forEach(observer -> observer.deadLettered(events));
    }

    @Override
    public void replayed(int records) {
        observers.forEach(observer -> observer.replayed(records));
    }

    @Override
    public void parked(int records) {
        observers.forEach(observer -> observer.parked(records));
    }
}
