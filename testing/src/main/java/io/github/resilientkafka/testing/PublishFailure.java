package io.github.resilientkafka.testing;

import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.publisher.EventNotStoredException;
import io.github.resilientkafka.publisher.EventSerializationException;
import io.github.resilientkafka.publisher.PublishQueueFullException;
import io.github.resilientkafka.publisher.PublisherClosedException;
import java.util.UUID;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;

/** How publishing can fail, each as the real publisher does it: with its exception, thrown or in the future. */
public enum PublishFailure {
    /** {@link PublishQueueFullException}, in a future that has failed already: nothing was accepted. */
    QUEUE_FULL {
        @Override
        RuntimeException exception(String topic, OutgoingEvent event, UUID eventId) {
            return new PublishQueueFullException(600, QUEUE_BYTES, QUEUE_BYTES);
        }
    },
    /**
     * {@link EventNotStoredException}, in the future: neither Kafka nor the database is known to have the event. Waits
     * for {@link RecordingEventPublisher#releaseFutures()} while futures are held.
     */
    NOT_STORED {
        @Override
        RuntimeException exception(String topic, OutgoingEvent event, UUID eventId) {
            return new EventNotStoredException(
                    topic,
                    eventId,
                    new TimeoutException("Kafka is away (says the test)"),
                    new IllegalStateException("The database is away (says the test)"));
        }
    },
    /** {@link EventSerializationException}, thrown by {@code publish}: nothing was accepted. */
    SERIALIZATION {
        @Override
        RuntimeException exception(String topic, OutgoingEvent event, UUID eventId) {
            Object body = event.event();
            return new EventSerializationException(
                    "value",
                    RecordingEventPublisher.class.getName(),
                    topic,
                    (body == null) ? "tombstone" : body,
                    new SerializationException("says the test"));
        }
    },
    /** {@link PublisherClosedException}, thrown by {@code publish}: the application is shutting down. */
    CLOSED {
        @Override
        RuntimeException exception(String topic, OutgoingEvent event, UUID eventId) {
            return new PublisherClosedException();
        }
    };

    private static final long QUEUE_BYTES = 64L * 1024 * 1024;

    abstract RuntimeException exception(String topic, OutgoingEvent event, UUID eventId);

    boolean isThrown() {
        return this == SERIALIZATION || this == CLOSED;
    }
}
