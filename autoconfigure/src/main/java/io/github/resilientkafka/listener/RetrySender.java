package io.github.resilientkafka.listener;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * Moves records of one container that are to be tried again: to a retry topic, or to the end of the partition they are in.
 * They get the time of the move as their timestamp, or a topic's retention could delete them before they are tried.
 */
final class RetrySender implements RecordDestination {

    private static final Logger logger = LoggerFactory.getLogger(RetrySender.class);

    /**
     * Where the handler itself says when: it must not be able to have its record going round and round without a pause.
     */
    private static final Duration LEAST_DELAY = Duration.ofSeconds(1);

    private final String listener;

    private final String group;

    private final ListenerSettings settings;

    private final Target target;

    private final RawRecords rawRecords;

    private final RetryProducer producer;

    private final DeadLetterSender deadLetters;

    RetrySender(
            String listener,
            String group,
            ListenerSettings settings,
            Target target,
            RawRecords rawRecords,
            RetryProducer producer,
            DeadLetterSender deadLetters) {
        this.listener = listener;
        this.group = group;
        this.settings = settings;
        this.target = target;
        this.rawRecords = rawRecords;
        this.producer = producer;
        this.deadLetters = deadLetters;
    }

    /**
     * Where records of a container go.
     */
    @FunctionalInterface
    interface Target {

        /** The topic and partition they are in. */
        Target SAME = topic -> topic;

        /** Returns where records of a topic go. */
        String of(String topic);

        /**
         * Sees to it that the topic is there to which records of a topic go, if that can be done. May block for seconds.
         */
        default void ensure(String topic) {}

        /** The topic did not take a record: it may be gone. */
        default void forget(String topic) {}
    }

    @Override
    public CompletableFuture<?> send(FailedRecord record) {
        return this.rawRecords.call(() -> move(record));
    }

    private CompletableFuture<?> move(FailedRecord record) {
        ConsumerRecord<byte @Nullable [], byte @Nullable []> raw = this.rawRecords.of(record.record());
        if (raw == null) {
            // Its bytes are gone, and nobody could make them again: what is left of it is a dead letter.
            return this.deadLetters.send(record);
        }
        String from = record.record().topic();
        String to = this.target.of(from);
        this.target.ensure(from);
        ProducerRecord<byte @Nullable [], byte @Nullable []> moved = new ProducerRecord<>(
                to, to.equals(from) ? record.record().partition() : null, null, raw.key(), raw.value());
        raw.headers().forEach(moved.headers()::add);
        addHeaders(moved.headers(), record);
        return this.producer.send(moved).whenComplete((sent, error) -> {
            if (error != null) {
                this.target.forget(from);
            }
        });
    }

    private void addHeaders(Headers headers, FailedRecord record) {
        headers.remove(KafkaHeaders.DELIVERY_ATTEMPT);
        record.addHeaders(headers, this.group);
        RetryTicket.addNotBefore(headers, Instant.now().plus(delay(record)));
    }

    private Duration delay(FailedRecord record) {
        Duration asked = record.failure().retryAfter();
        if (asked == null) {
            return this.settings.pauseAfter(record.attempts());
        }
        Duration least = this.settings.pause().compareTo(LEAST_DELAY) < 0 ? this.settings.pause() : LEAST_DELAY;
        return (asked.compareTo(least) < 0) ? least : asked;
    }

    @Override
    public void arrived(FailedRecord record) {
        if (record.failure().retryAfter() != null) {
            logger.info(
                    "Listener {}: its handler wants record {}@{} later; it comes again from {}: {}",
                    this.listener,
                    record.partition(),
                    record.record().offset(),
                    this.target.of(record.record().topic()),
                    record.failure().text());
            return;
        }
        logger.warn(
                "Listener {}: record {}@{} failed, attempt {} of {}; it is tried again from {}: {}",
                this.listener,
                record.partition(),
                record.record().offset(),
                record.attempts(),
                this.settings.maxAttempts(),
                this.target.of(record.record().topic()),
                record.failure().text(),
                (record.attempts() == 1) ? record.failure().error() : null);
    }
}
