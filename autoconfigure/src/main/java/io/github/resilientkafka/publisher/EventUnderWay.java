package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An accepted event that is not durable yet. Internal.
 *
 * @param eventId its id
 * @param topic its topic
 * @param lane its lane
 * @param state where it is
 * @param age how long ago it was published
 * @param reason why it is not in Kafka, or null if it has been sent and not been answered yet
 */
public record EventUnderWay(
        UUID eventId,
        String topic,
        int lane,
        State state,
        Duration age,
        @Nullable String reason) {

    /**
     * Where an event is between being accepted and being durable.
     */
    public enum State {

        /**
         * Sent, and not answered yet.
         */
        IN_FLIGHT,

        /**
         * Waiting behind earlier events of its lane.
         */
        PARKED,

        /**
         * On its way to the database.
         */
        BEING_STORED
    }
}
