package io.github.resilientkafka.publisher;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event could be made durable neither in Kafka nor in the database. It may still arrive: a request that timed out may
 * have been carried out.
 * <p>
 * The cause is the database's error (or why nothing is stored); Kafka's is returned by {@link #kafkaError()} and also
 * added as a suppressed exception, so that both are in the stack trace.
 */
public class EventNotStoredException extends RuntimeException {

    private final UUID eventId;

    private final @Nullable Throwable kafkaError;

    /**
     * Creates the exception; for publishers, real or recording.
     * @param topic the event's topic
     * @param eventId the event's id
     * @param kafkaError why Kafka did not take it, or null if Kafka was not tried
     * @param storeError why the database did not take it
     */
    public EventNotStoredException(String topic, UUID eventId, @Nullable Throwable kafkaError, Throwable storeError) {
        super(
                "Event " + eventId + " for topic " + topic + " is not known to be durable. Kafka: " + text(kafkaError)
                        + ". Database: " + text(storeError),
                storeError);
        this.eventId = eventId;
        this.kafkaError = kafkaError;
        if (kafkaError != null) {
            addSuppressed(kafkaError);
        }
    }

    private static String text(@Nullable Throwable error) {
        return (error == null) ? "not tried" : error.toString();
    }

    /**
     * Returns the event's id.
     * @return the id
     */
    public UUID eventId() {
        return this.eventId;
    }

    /**
     * Returns why Kafka did not take it.
     * @return the error, or null if Kafka was not tried
     */
    public @Nullable Throwable kafkaError() {
        return this.kafkaError;
    }

    /**
     * Returns why the database did not take it.
     * @return the error
     */
    public @Nullable Throwable storeError() {
        return getCause();
    }
}
