package io.github.resilientkafka.publisher;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.message.FailureKind;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells observers, one after the other. What they throw is logged: an event's way must not end in its metrics.
 *
 * @param observers in their order
 */
record PublisherObservers(List<PublisherObserver> observers) implements PublisherObserver {

    private static final Logger logger = LoggerFactory.getLogger(PublisherObservers.class);

    @Override
    public void sent(long nanos) {
        tell(observer -> observer.sent(nanos));
    }

    @Override
    public void notSent(FailureKind kind, long nanos) {
        tell(observer -> observer.notSent(kind, nanos));
    }

    @Override
    public void stored() {
        tell(PublisherObserver::stored);
    }

    @Override
    public void lost() {
        tell(PublisherObserver::lost);
    }

    @Override
    public void notSerialized() {
        tell(PublisherObserver::notSerialized);
    }

    @Override
    public void queueFull() {
        tell(PublisherObserver::queueFull);
    }

    @Override
    public void producerFailed() {
        tell(PublisherObserver::producerFailed);
    }

    @Override
    public void connectionFailed(ConnectionError.Kind kind) {
        tell(observer -> observer.connectionFailed(kind));
    }

    @Override
    public void producerCreated(String role, Producer<?, ?> producer) {
        tell(observer -> observer.producerCreated(role, producer));
    }

    @Override
    public void producerClosed(Producer<?, ?> producer) {
        tell(observer -> observer.producerClosed(producer));
    }

    private void tell(Consumer<PublisherObserver> event) {
        for (PublisherObserver observer : observers) {
            try {
                event.accept(observer);
            } catch (RuntimeException ex) {
                logger.warn("{} failed", observer, ex);
            }
        }
    }
}
