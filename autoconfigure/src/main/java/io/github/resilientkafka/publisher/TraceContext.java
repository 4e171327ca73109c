package io.github.resilientkafka.publisher;

import org.apache.kafka.common.header.Headers;

/**
 * Writes the context of the caller's trace into an event's headers, so that it survives Kafka and the database alike.
 * Called on the caller's thread, once per event. Internal.
 */
interface TraceContext {

    /**
     * Writes nothing.
     */
    TraceContext NONE = headers -> {};

    /**
     * Adds the context, if there is one, and if the application has not written one itself.
     * @param headers the event's
     */
    void addTo(Headers headers);
}
