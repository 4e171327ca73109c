package io.github.resilientkafka.message;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What makes an event one that can be published at all; the same for every publisher, real or recording. Internal.
 */
public final class EventRules {

    private static final Pattern TOPIC_NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    private static final String TOPIC_RULE =
            "1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-' are allowed, but not '.' or '..'";

    private EventRules() {}

    /**
     * Returns what is wrong with a topic's name.
     * @param topic the name
     * @return the rule it breaks, or null if Kafka may have a topic of such a name
     */
    public static @Nullable String brokenTopicRule(String topic) {
        boolean valid = TOPIC_NAME.matcher(topic).matches() && !topic.equals(".") && !topic.equals("..");
        return valid ? null : TOPIC_RULE;
    }

    /**
     * Checks a topic's name.
     * @param topic the name
     * @return the name
     * @throws IllegalArgumentException if Kafka has no topic of such a name
     */
    public static String checkTopic(@Nullable String topic) {
        if (topic == null) {
            throw new IllegalArgumentException("The topic is null");
        }
        String broken = brokenTopicRule(topic);
        if (broken != null) {
            throw new IllegalArgumentException("Invalid topic name '" + topic + "': " + broken);
        }
        return topic;
    }

    /**
     * Checks the rest: a key where one was announced, no negative partition or timestamp.
     * @param topic where it goes, for messages
     * @param event the event
     * @throws IllegalArgumentException if one of them makes no sense
     */
    public static void checkKeyPartitionAndTimestamp(@Nullable String topic, OutgoingEvent event) {
        if (event.isKeyed() && event.key() == null) {
            throw new IllegalArgumentException(
                    "The key is null (topic " + topic
                            + "): events without a key have no order; if that is meant, publish OutgoingEvent.unkeyed(topic, event)");
        }
        Long timestamp = event.timestamp();
        if (timestamp != null && timestamp < 0) {
            throw new IllegalArgumentException("The timestamp is negative: " + timestamp + " (topic " + topic + ")");
        }
        Integer partition = event.partition();
        if (partition != null && partition < 0) {
            throw new IllegalArgumentException("The partition is negative: " + partition + " (topic " + topic + ")");
        }
    }
}
