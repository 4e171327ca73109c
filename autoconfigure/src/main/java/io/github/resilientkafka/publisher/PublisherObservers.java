package io.github.resilientkafka.publisher;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.message.FailureKind;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;

/**
 * Tells several observers, one after the other.
 *
 * @param observers in their order
 */
record PublisherObservers(List<PublisherObserver> observers) implements PublisherObserver {

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
            event.accept(observer);
        }
    }
}
