package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Publishes events so that none is lost: to Kafka, or to the database while Kafka is away.
 * <p>
 * A future that completes normally means that the event is durable, in Kafka or in the database. A future that
 * fails means "not known to be durable": the event may still arrive. Callers never block longer than
 * {@code max.block.ms} of the publisher's producer (500 ms), and not at all once Kafka is known to be away. Safe for use
 * by any number of threads.
 */
public interface EventPublisher {

    /**
     * Publishes an event under a key. Events of one key that this instance has published first arrive in the order
     * they were published, also through an outage, a recovery and a restart; what arrives twice is a late duplicate. An
     * event whose future failed, or that a crash cut off, may arrive late, and one that Kafka refuses for itself goes to
     * its dead-letter topic without holding up its key. Other instances learn within about a second that events of a key
     * are stored.
     * @param topic the topic's name
     * @param key the key, serialised by the application's own key serializer; never null, see {@link OutgoingEvent#unkeyed}
     * @param event the body, serialised by the application's own value serializer; null for a tombstone
     * @return a future that completes once the event is durable, on a thread of the publisher's own; it fails with
     * {@link PublishQueueFullException} (already failed when returned) or {@link EventNotStoredException}
     * @throws IllegalArgumentException if the key is null or the topic's name is invalid
     * @throws EventSerializationException if a serializer refuses the key or the event; nothing was sent or stored
     * @throws PublisherClosedException if the application is shutting down
     */
    CompletableFuture<PublishResult> publish(String topic, Object key, @Nullable Object event);

    /**
     * Publishes an event with headers, a partition, a timestamp, an id of its own, or without a key.
     * @param event the event
     * @return as {@link #publish(String, Object, Object)}
     * @throws IllegalArgumentException if the topic's name, partition or timestamp is invalid, or if it is for the
     * default topic and {@code resilient-kafka.publisher.default-topic} names none
     * @throws EventSerializationException if a serializer refuses the key or the event; nothing was sent or stored
     * @throws PublisherClosedException if the application is shutting down
     */
    CompletableFuture<PublishResult> publish(OutgoingEvent event);

    /**
     * Returns the publisher's figures at this moment. Cheap: no I/O.
     * @return the figures
     */
    PublisherStats getPublisherStats();
}
