package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.PublishResult;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The publisher for records that are bytes already: dead letters, and what goes back to its topic. Same promises, same
 * order per key, same circuit and store as {@link EventPublisher}; nothing is serialised and no header is added.
 * Whoever publishes a record keeps it until it is durable, so none of them counts as lost. Thread-safe. Internal.
 */
public interface RawPublisher {

    /**
     * Publishes a record.
     * @param record topic, key, value and headers; a record without a timestamp gets the time of publishing, one without
     * a key has no order
     * @param eventId the id under which it is stored and traced, if it is
     * @param eventType its type, for people who look at stored rows
     * @return completes once the record is durable, in Kafka or in the database, never on the calling thread's time;
     * fails with {@link PublishQueueFullException} or {@link EventNotStoredException}
     * @throws IllegalArgumentException if the topic's name is invalid
     * @throws PublisherClosedException if the application is stopping
     */
    CompletableFuture<PublishResult> publishRaw(
            ProducerRecord<byte @Nullable [], byte @Nullable []> record, UUID eventId, String eventType);
}
