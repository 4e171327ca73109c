package io.github.resilientkafka.publisher;

import org.apache.kafka.common.errors.SerializationException;

/**
 * A serializer refused an event or its key; nothing was sent or stored.
 */
public class EventSerializationException extends RuntimeException {

    /**
     * Creates the exception; for publishers, real or recording.
     * @param part what was refused: key or value
     * @param serializer the serializer's class name
     * @param topic the event's topic
     * @param object what it was given
     * @param cause what it threw
     */
    public EventSerializationException(
            String part, String serializer, String topic, Object object, RuntimeException cause) {
        super(
                serializer + " cannot serialise the " + part + " of type "
                        + object.getClass().getName() + " for topic " + topic + ": " + cause.getMessage() + "."
                        + cure("spring.kafka.producer." + part + "-serializer", cause),
                cause);
    }

    private static String cure(String property, RuntimeException cause) {
        boolean wrongType = cause instanceof ClassCastException
                || cause instanceof SerializationException && cause.getCause() instanceof ClassCastException;
        return wrongType
                ? " Set " + property + " to one that can; for POJOs and records that is"
                        + " org.springframework.kafka.support.serializer.JsonSerializer."
                : " The serializer is set by " + property + ".";
    }
}
