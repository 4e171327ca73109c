package io.github.resilientkafka.publisher;

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

    private static final Logger logger = LoggerFactory.getLogger(DeadLetters.class);

    private static final long PRESENT_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DlqProperties properties;

    private final KafkaProbe probe;

    private final Map<String, Boolean> present = new ConcurrentHashMap<>();

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
     */
    public void ensureTopicFor(String topic) {
        String deadLetterTopic = topicFor(topic);
        if (!this.properties.autoCreate() || this.present.containsKey(deadLetterTopic)) {
            return;
        }
        try {
            if (this.probe.partitionCount(deadLetterTopic).isEmpty()) {
                Optional<Integer> partitions =
                        (this.properties.topic() != null) ? Optional.empty() : this.probe.partitionCount(topic);
                this.probe.createTopic(deadLetterTopic, partitions);
                logger.info(
                        "Created dead-letter topic {} with {} partitions",
                        deadLetterTopic,
                        partitions.map(String::valueOf).orElse("the cluster's default number of"));
                awaitPresent(deadLetterTopic);
            }
            this.present.put(deadLetterTopic, Boolean.TRUE);
        } catch (KafkaException ex) {
            logger.warn("Dead-letter topic {} could not be checked or created: {}", deadLetterTopic, ex.toString());
        }
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
        set(headers, "rk_original_topic", topic);
        if (partition != null) {
            set(headers, "rk_original_partition", partition.toString());
        }
        set(headers, "rk_original_timestamp", Long.toString(timestamp));
        set(headers, "rk_reason", reason);
        set(headers, "rk_error", error);
        set(headers, "rk_attempts", Integer.toString(attempts));
        set(headers, "rk_first_failure", firstFailure.toString());
    }

    /**
     * Adds where a consumer found the record.
     * @param headers the record's own headers, to which they are added
     * @param offset its offset
     * @param group the consumer group that failed to handle it
     */
    public static void addConsumerHeaders(Headers headers, long offset, String group) {
        set(headers, "rk_original_offset", Long.toString(offset));
        set(headers, "rk_group", group);
    }

    private static void set(Headers headers, String name, String value) {
        headers.remove(name);
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
