package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.DeadLetters;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * From where to where a replay leads, and in which consumer groups its progress is kept.
 *
 * @param topic the topic of the job
 * @param source the topic that is read
 * @param shared whether the source has dead letters of other topics, too
 * @param group the group of all jobs without filter
 * @param ownGroup the group of jobs with the same filter; the same one without
 */
record ReplayRoute(String topic, String source, boolean shared, String group, String ownGroup) {

    private static final int HASH_BYTES = 8;

    static ReplayRoute of(String topic, ReplayOptions options, DeadLetters deadLetters, String groupPrefix) {
        boolean parked = options.source() == ReplaySource.PARKED;
        String source = parked ? deadLetters.parkedTopicFor(topic) : deadLetters.topicFor(topic);
        boolean shared = !parked && deadLetters.isShared();
        // A colon is in no topic's name: names of groups cannot collide.
        String group = groupPrefix + "." + source + (shared ? ":" + topic : "");
        ReplayFilter filter = options.filter();
        return new ReplayRoute(
                topic, source, shared, group, filter.equals(ReplayFilter.ALL) ? group : group + ":" + hash(filter));
    }

    boolean isFiltered() {
        return !this.group.equals(this.ownGroup);
    }

    /**
     * Returns where a dead letter goes.
     * @return the topic, or null if the letter is none of this job's
     */
    @Nullable
    String targetOf(TopicDeadLetter letter, DeadLetters deadLetters) {
        String original = letter.originalTopic();
        if (this.shared) {
            return this.topic.equals(original) ? original : null;
        }
        return (original == null || deadLetters.isDeadLetterTopic(original)) ? this.topic : original;
    }

    private static String hash(ReplayFilter filter) {
        String canonical = String.join(
                "\n",
                part(filter.deadLetteredSince()),
                part(filter.deadLetteredBefore()),
                part(filter.key()),
                part(filter.group()),
                part(filter.reason()),
                part(filter.error()));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(canonical.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static String part(@Nullable Object value) {
        return (value == null) ? "" : "=" + value;
    }
}
