package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventRules;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Dead-letter topics: their names, their creation, and the headers that say where a record comes from and why.
 * Thread-safe. Internal.
 */
public final class DeadLetters {

    /**
     * Header: the topic that the record was meant for.
     */
    public static final String ORIGINAL_TOPIC = "rk_original_topic";

    /**
     * Header: the consumer group that could not handle the record.
     */
    public static final String GROUP = "rk_group";

    /**
     * Header: the kind of failure.
     */
    public static final String REASON = "rk_reason";

    /**
     * Header: the last error.
     */
    public static final String ERROR = "rk_error";

    /**
     * Header: when the record failed for the first time.
     */
    public static final String FIRST_FAILURE = "rk_first_failure";

    /**
     * Header: how often the record was sent from its dead-letter topic to its topic again.
     */
    public static final String REPLAYS = "rk_replays";

    /**
     * Begins the names of all headers of ours.
     */
    public static final String HEADER_PREFIX = "rk_";

    private static final String PARKED_SUFFIX = ".parked";

    private static final Logger logger = LoggerFactory.getLogger(DeadLetters.class);

    private static final long PRESENT_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DlqProperties properties;

    private final KafkaProbe probe;

    private final Map<String, Boolean> present = new ConcurrentHashMap<>();

    private final TopicComplaints complaints = new TopicComplaints();

    DeadLetters(DlqProperties properties, KafkaProbe probe) {
        this.properties = properties;
        this.probe = probe;
    }

    /**
     * Returns where dead letters of a topic go.
     * @param topic the source
     * @return the dead-letter topic
     */
    public String topicFor(String topic) {
        String shared = this.properties.topic();
        return (shared != null) ? shared : topic + this.properties.suffix();
    }

    /**
     * Returns why a topic can have no dead-letter topic: its name is so long that the other's would be too long.
     * @param topic the source
     * @return what to do about it, or null if it can have one
     */
    public @Nullable String obstacle(String topic) {
        String broken = EventRules.brokenTopicRule(topicFor(topic));
        return (broken == null)
                ? null
                : "Dead letters of topic " + topic
                        + " have no topic to go to, as with resilient-kafka.dlq.suffix its name is " + "none (" + broken
                        + "): set resilient-kafka.dlq.topic, or a shorter suffix";
    }

    /**
     * Returns whether all topics have the same dead-letter topic.
     * @return whether {@code dlq.topic} is set
     */
    public boolean isShared() {
        return this.properties.topic() != null;
    }

    /**
     * Returns where dead letters of a topic end that no replay has helped.
     * @param topic the topic they were meant for
     * @return the topic of the parked ones
     */
    public String parkedTopicFor(String topic) {
        return topic + PARKED_SUFFIX;
    }

    /**
     * Returns whether a topic is itself a dead-letter destination: its records are never dead-lettered again.
     * @param topic the topic
     * @return whether it is
     */
    public boolean isDeadLetterTopic(String topic) {
        String shared = this.properties.topic();
        return (shared != null) ? topic.equals(shared) : topic.endsWith(this.properties.suffix());
    }

    /**
     * Creates the dead-letter topic of a topic if it is missing, with as many partitions as its source. Takes at most a
     * few seconds. A failure is left to the send that follows, which then says what is wrong.
     * @param topic the source
     * @throws IllegalArgumentException if there is an {@link #obstacle}
     */
    public void ensureTopicFor(String topic) {
        String obstacle = obstacle(topic);
        if (obstacle != null) {
            throw new IllegalArgumentException(obstacle);
        }
        Optional<String> like = (this.properties.topic() != null) ? Optional.empty() : Optional.of(topic);
        ensure(topicFor(topic), like);
    }

    /**
     * Creates the topic of the parked records of a topic, as {@link #ensureTopicFor} does with that of its dead letters.
     * @param topic the source
     */
    public void ensureParkedTopicFor(String topic) {
        ensure(parkedTopicFor(topic), Optional.of(topic));
    }

    private void ensure(String deadLetterTopic, Optional<String> like) {
        if (this.properties.autoCreate()) {
            ensureTopic(deadLetterTopic, like, true);
        }
    }

    /**
     * What is known of a topic.
     */
    public enum Presence {

        /** It is there. */
        PRESENT,

        /** It is not, and was not created. */
        MISSING,

        /** Kafka does not say. */
        UNKNOWN
    }

    /**
     * Looks whether a topic is there to which records are moved, and creates it if that is wanted. Takes at most a few
     * seconds. What keeps it from that is logged once, not at each try, until it has succeeded.
     * @param topic the topic
     * @param like the topic whose number of partitions it gets, or empty for the cluster's default
     * @param create whether it is created if it is missing
     * @return whether it is there
     */
    public Presence ensureTopic(String topic, Optional<String> like, boolean create) {
        if (this.present.containsKey(topic)) {
            return Presence.PRESENT;
        }
        Presence presence = Presence.UNKNOWN;
        try {
            boolean missing = this.probe.partitionCount(topic).isEmpty();
            presence = missing ? Presence.MISSING : Presence.PRESENT;
            if (missing && create) {
                create(topic, like);
                presence = Presence.PRESENT;
            }
            this.complaints.answered(topic);
        } catch (KafkaException ex) {
            this.complaints.failed(topic, ex);
            return TopicComplaints.isOutage(ex) ? Presence.UNKNOWN : presence;
        }
        if (presence == Presence.PRESENT) {
            this.present.put(topic, Boolean.TRUE);
        }
        return presence;
    }

    private void create(String topic, Optional<String> like) {
        Optional<Integer> partitions = like.flatMap(this.probe::partitionCount);
        this.probe.createTopic(topic, partitions);
        logger.info(
                "Created topic {} with {} partitions",
                topic,
                partitions.map(String::valueOf).orElse("the cluster's default number of"));
        awaitPresent(topic);
    }

    /**
     * Brokers may take longer to tell of a new topic than a send waits for it, and the record would count as refused.
     */
    private void awaitPresent(String topic) {
        long deadline = System.nanoTime() + PRESENT_WITHIN_NANOS;
        while (this.probe.partitionCount(topic).isEmpty()
                && System.nanoTime() - deadline < 0
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
        }
    }

    /**
     * Forgets that a dead-letter topic is there: it refused a record.
     * @param deadLetterTopic the topic
     */
    public void forget(String deadLetterTopic) {
        this.present.remove(deadLetterTopic);
    }

    /**
     * Adds the headers of a dead letter.
     * @param headers the record's own headers, to which they are added
     * @param topic where the record should have gone
     * @param partition the partition its publisher chose, or null
     * @param timestamp the record's timestamp, milliseconds since 1970
     * @param reason the kind of failure
     * @param error the last error
     * @param attempts failed retries
     * @param firstFailure when the record was first refused
     */
    public static void addHeaders(
            Headers headers,
            String topic,
            @Nullable Integer partition,
            long timestamp,
            String reason,
            String error,
            int attempts,
            Instant firstFailure) {
        set(headers, ORIGINAL_TOPIC, topic);
        if (partition != null) {
            set(headers, "rk_original_partition", partition.toString());
        }
        set(headers, "rk_original_timestamp", Long.toString(timestamp));
        set(headers, REASON, reason);
        set(headers, ERROR, error);
        set(headers, "rk_attempts", Integer.toString(attempts));
        set(headers, FIRST_FAILURE, firstFailure.toString());
    }

    /**
     * Adds where a consumer found the record.
     * @param headers the record's own headers, to which they are added
     * @param offset its offset
     * @param group the consumer group that failed to handle it
     */
    public static void addConsumerHeaders(Headers headers, long offset, String group) {
        set(headers, "rk_original_offset", Long.toString(offset));
        set(headers, GROUP, group);
    }

    private static void set(Headers headers, String name, String value) {
        headers.remove(name);
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
