package io.github.resilientkafka.sample.order;

import io.github.resilientkafka.publisher.EventNotStoredException;
import io.github.resilientkafka.publisher.PublishQueueFullException;
import io.github.resilientkafka.publisher.PublisherClosedException;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * An order was saved, and its event is not known to be durable.
 */
class OrderNotPublishedException extends RuntimeException {

    private final UUID orderId;

    private final @Nullable UUID eventId;

    private final boolean mayStillArrive;

    OrderNotPublishedException(UUID orderId, Throwable error) {
        super("Order " + orderId + " is saved, its event is not known to be durable", unwrap(error));
        this.orderId = orderId;
        this.eventId = (getCause() instanceof EventNotStoredException notStored) ? notStored.eventId() : null;
        this.mayStillArrive =
                !(getCause() instanceof PublishQueueFullException) && !(getCause() instanceof PublisherClosedException);
    }

    private static Throwable unwrap(Throwable error) {
        return (error instanceof CompletionException && error.getCause() != null) ? error.getCause() : error;
    }

    UUID orderId() {
        return this.orderId;
    }

    @Nullable
    UUID eventId() {
        return this.eventId;
    }

    /**
     * Returns whether the event may arrive nevertheless: Kafka may have taken it without saying so. Only an event that
     * was refused at once is certain not to.
     */
    boolean mayStillArrive() {
        return this.mayStillArrive;
    }
}
