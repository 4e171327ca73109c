package io.github.resilientkafka.message;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where a published event is now: durable, in Kafka or in the database.
 *
 * @param outcome whether Kafka or the database has it
 * @param eventId the event's unique id, also its {@code ce_id} header
 * @param topic the topic it was published to
 * @param partition its partition, or null when it is not in Kafka yet
 * @param offset its offset, or null when it is not in Kafka yet
 */
public record PublishResult(
        Outcome outcome,
        UUID eventId,
        String topic,
        @Nullable Integer partition,
        @Nullable Long offset) {

    /**
     * Who holds the event.
     */
    public enum Outcome {

        /**
         * Kafka has acknowledged it.
         */
        SENT,

        /**
         * It is committed in {@code failed_kafka_events}, and the relay will bring it to Kafka.
         */
        STORED
    }
}
