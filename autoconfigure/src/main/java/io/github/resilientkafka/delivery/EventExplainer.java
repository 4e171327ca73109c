package io.github.resilientkafka.delivery;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells where an event is, and why: under way in this instance, stored, sent, dead-lettered.
 * <p>
 * An event that Kafka took at once leaves no trace but its record, so Kafka itself is asked where a topic is named. Safe
 * for use by several threads; Kafka and the database are each asked for seconds at most, and what does not answer is
 * named in the explanation.
 */
public interface EventExplainer {

    /**
     * Looks in memory and in the database.
     * @param eventId the event's id
     * @return where it is, {@link EventExplanation.State#UNKNOWN} if it is found in neither
     */
    EventExplanation explain(UUID eventId);

    /**
     * Looks in memory, in the database, and in a topic and its dead-letter topic.
     * @param eventId the event's id
     * @param topic where it was published to
     * @param since from when on to search the topics, by the records' timestamps; null takes the time that the id
     * carries, which ids of version 7 do (all that the publisher makes itself)
     * @return where it is
     * @throws IllegalArgumentException if there is neither a {@code since} nor a time in the id
     */
    EventExplanation explain(UUID eventId, String topic, @Nullable Instant since);
}
