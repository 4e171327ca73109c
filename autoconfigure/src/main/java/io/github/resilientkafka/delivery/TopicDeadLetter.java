package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplayProgress.Example;
import io.github.resilientkafka.message.EventRules;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.ErrorChain;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A record of a dead-letter topic, and what its headers say.
 *
 * @param record the record
 */
record TopicDeadLetter(ConsumerRecord<byte @Nullable [], byte @Nullable []> record) {

    private static final String EVENT_ID = "ce_id";

    private static final String EVENT_TYPE = "ce_type";

    TopicPartition partition() {
        return new TopicPartition(this.record.topic(), this.record.partition());
    }

    /**
     * Returns the topic it was meant for.
     * @return the topic, or null if none is named, or none that can be
     */
    @Nullable
    String originalTopic() {
        String topic = text(DeadLetters.ORIGINAL_TOPIC);
        return (topic == null || EventRules.brokenTopicRule(topic) != null) ? null : topic;
    }

    /**
     * Returns how often it was replayed before.
     */
    int replays() {
        String replays = text(DeadLetters.REPLAYS);
        try {
            return (replays == null) ? 0 : Math.max(0, Integer.parseInt(replays));
        } catch (NumberFormatException ex) {
            return 0;
        }
    }

    @Nullable
    UUID eventId() {
        String id = text(EVENT_ID);
        try {
            return (id == null) ? null : UUID.fromString(id);
        } catch (IllegalArgumentException ex) {
            return null;
        }
    }

    String eventType() {
        String type = text(EVENT_TYPE);
        return (type == null) ? "replayed" : type;
    }

    /**
     * Returns when it was dead-lettered: its timestamp, or when it first failed where it has kept that of its first
     * publishing.
     */
    private Instant deadLetteredAt() {
        Instant time = Instant.ofEpochMilli(this.record.timestamp());
        String firstFailure = text(DeadLetters.FIRST_FAILURE);
        try {
            Instant failed = (firstFailure == null) ? time : Instant.parse(firstFailure);
            return failed.isAfter(time) ? failed : time;
        } catch (DateTimeParseException ex) {
            return time;
        }
    }

    /**
     * Returns whether the filter takes it, whatever topic it was meant for.
     */
    boolean matches(ReplayFilter filter) {
        Instant time = deadLetteredAt();
        Instant since = filter.deadLetteredSince();
        Instant before = filter.deadLetteredBefore();
        return (since == null || !time.isBefore(since))
                && (before == null || time.isBefore(before))
                && (filter.key() == null || filter.key().equals(text(this.record.key())))
                && (filter.group() == null || filter.group().equals(text(DeadLetters.GROUP)))
                && (filter.reason() == null || filter.reason().equalsIgnoreCase(text(DeadLetters.REASON)))
                && (filter.error() == null || contains(text(DeadLetters.ERROR), filter.error()));
    }

    private static boolean contains(@Nullable String text, String part) {
        return text != null && text.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
    }

    /**
     * Returns the record that goes to its topic again: as it first came, but for the number of its replays. Its key
     * decides on the partition, and it is of now: with its old timestamp it might be deleted before it is read.
     * @param replays how often it was replayed, with this time
     */
    ProducerRecord<byte @Nullable [], byte @Nullable []> replayed(String topic, int replays) {
        Headers headers = new RecordHeaders();
        for (Header header : this.record.headers()) {
            if (!header.key().startsWith(DeadLetters.HEADER_PREFIX)) {
                headers.add(header);
            }
        }
        headers.add(DeadLetters.REPLAYS, bytes(Integer.toString(replays)));
        return new ProducerRecord<>(topic, null, null, this.record.key(), this.record.value(), headers);
    }

    /**
     * Returns the record that is parked, with all its headers.
     * @param refusal why Kafka has refused the replayed record, or null if it was not tried
     */
    ProducerRecord<byte @Nullable [], byte @Nullable []> parked(String topic, @Nullable Throwable refusal) {
        Headers headers = new RecordHeaders(this.record.headers());
        if (refusal != null) {
            headers.remove(DeadLetters.ERROR);
            headers.add(DeadLetters.ERROR, bytes(ErrorChain.text(refusal)));
        }
        return new ProducerRecord<>(topic, null, null, this.record.key(), this.record.value(), headers);
    }

    Example example() {
        return new Example(
                null,
                this.record.partition(),
                this.record.offset(),
                eventId(),
                text(this.record.key()),
                deadLetteredAt(),
                text(DeadLetters.GROUP),
                text(DeadLetters.REASON),
                text(DeadLetters.ERROR));
    }

    private @Nullable String text(String headerName) {
        Header header = this.record.headers().lastHeader(headerName);
        return (header == null) ? null : text(header.value());
    }

    private static @Nullable String text(byte @Nullable [] bytes) {
        return (bytes == null) ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
