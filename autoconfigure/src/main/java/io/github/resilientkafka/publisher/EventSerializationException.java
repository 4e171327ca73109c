package io.github.resilientkafka.publisher;

/**
 * A serializer refused an event or its key; nothing was sent or stored.
 */
public class EventSerializationException extends RuntimeException {

    EventSerializationException(String message, Throwable cause) {
        super(message, cause);
    }
}
