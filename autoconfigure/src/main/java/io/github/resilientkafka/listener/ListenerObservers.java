package io.github.resilientkafka.listener;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells several observers; none of them can disturb a consumer or another one.
 */
final class ListenerObservers implements ListenerObserver {

    private static final Logger logger = LoggerFactory.getLogger(ListenerObservers.class);

    private final List<ListenerObserver> observers;

    private ListenerObservers(List<ListenerObserver> observers) {
        this.observers = observers;
    }

    static ListenerObserver of(Stream<ListenerObserver> observers) {
        return new ListenerObservers(observers.toList());
    }

    @Override
    public void added(ResilientListener listener) {
        tell(observer -> observer.added(listener));
    }

    @Override
    public void removed(ResilientListener listener) {
        tell(observer -> observer.removed(listener));
    }

    @Override
    public void handled(String listener, int records, boolean batch, long nanos) {
        tell(observer -> observer.handled(listener, records, batch, nanos));
    }

    @Override
    public void failed(String listener, ErrorClass errorClass) {
        tell(observer -> observer.failed(listener, errorClass));
    }

    @Override
    public void givenUp(String listener, boolean durable) {
        tell(observer -> observer.givenUp(listener, durable));
    }

    @Override
    public void restarted(String listener, String reason) {
        tell(observer -> observer.restarted(listener, reason));
    }

    private void tell(Consumer<ListenerObserver> what) {
        for (ListenerObserver observer : this.observers) {
            try {
                what.accept(observer);
            } catch (RuntimeException ex) {
                logger.warn("An observer failed: {}", observer, ex);
            }
        }
    }
}
