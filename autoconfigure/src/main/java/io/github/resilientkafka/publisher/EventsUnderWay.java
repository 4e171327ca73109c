package io.github.resilientkafka.publisher;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What this instance has accepted and not made durable yet. Internal. Thread-safe.
 */
public interface EventsUnderWay {

    /**
     * Looks for an event. Events without a key are not tracked while they are in flight.
     * @param eventId its id
     * @return the event, or null if it is not under way in this instance
     */
    @Nullable
    EventUnderWay find(UUID eventId);
}
