package io.github.resilientkafka.publisher;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.message.FailureKind;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Producer;

/**
 * Is told what becomes of events, for metrics. Called on hot paths: implementations must be quick, must not block and
 * must not throw. Internal.
 */
public interface PublisherObserver {

    /**
     * Does nothing.
     */
    PublisherObserver NONE = new PublisherObserver() {};

    /**
     * Makes one observer of all there are.
     * @param observers in the order in which they are told
     * @return one that tells them all
     */
    static PublisherObserver of(Stream<PublisherObserver> observers) {
        List<PublisherObserver> all = observers.toList();
        return all.isEmpty() ? NONE : new PublisherObservers(all);
    }

    /**
     * Kafka acknowledged an event.
     * @param nanos from publish to acknowledgement
     */
    default void sent(long nanos) {}

    /**
     * Kafka did not take an event, or was not asked since the circuit is open. It is going to be stored, or is lost.
     * @param kind why
     * @param nanos from publish to here
     */
    default void notSent(FailureKind kind, long nanos) {}

    /**
     * An event was committed to the database.
     */
    default void stored() {}

    /**
     * An event was given up: neither Kafka nor the database took it.
     */
    default void lost() {}

    /**
     * A serializer refused an event.
     */
    default void notSerialized() {}

    /**
     * An event was refused since the queue is full.
     */
    default void queueFull() {}

    /**
     * A producer could not be created.
     */
    default void producerFailed() {}

    /**
     * Kafka was asked whether it is there, in vain.
     * @param kind why
     */
    default void connectionFailed(ConnectionError.Kind kind) {}

    /**
     * A producer was created.
     * @param role what it is for: publisher or relay
     * @param producer the producer
     */
    default void producerCreated(String role, Producer<?, ?> producer) {}

    /**
     * A producer is being closed, perhaps by its own I/O thread.
     * @param producer one that was created before; told once
     */
    default void producerClosed(Producer<?, ?> producer) {}
}
