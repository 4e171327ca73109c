package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.RawPublisher;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * Makes dead letters of one listener's records: the record's own bytes and headers, and why it failed. Everything that may
 * block is done in the listener's queue.
 */
final class DeadLetterSender implements RecordDestination {

    private static final Logger logger = LoggerFactory.getLogger(DeadLetterSender.class);

    private final String listener;

    private final String group;

    private final RawRecords rawRecords;

    private final DeadLetters deadLetters;

    private final RawPublisher rawPublisher;

    private final EventPublisher publisher;

    private final ListenerObserver observer;

    private final Clock clock;

    DeadLetterSender(
            String listener,
            String group,
            RawRecords rawRecords,
            DeadLetters deadLetters,
            RawPublisher rawPublisher,
            EventPublisher publisher,
            ListenerObserver observer,
            Clock clock) {
        this.listener = listener;
        this.group = group;
        this.rawRecords = rawRecords;
        this.deadLetters = deadLetters;
        this.rawPublisher = rawPublisher;
        this.publisher = publisher;
        this.observer = observer;
        this.clock = clock;
    }

    /**
     * Returns whether records of a topic may be dead-lettered: those of a dead-letter topic never are, again.
     */
    boolean takes(String topic) {
        return !this.deadLetters.isDeadLetterTopic(topic);
    }

    @Override
    public CompletableFuture<PublishResult> send(FailedRecord record) {
        return this.rawRecords.call(() -> {
            this.deadLetters.ensureTopicFor(record.origin().topic());
            return publish(record);
        });
    }

    @Override
    public void arrived(FailedRecord record) {
        logger.warn(
                "Listener {}: record dead-lettered to {} at attempt {}, with the whole error in header {}: {}: {} {}",
                this.listener,
                topicFor(record),
                record.attempts(),
                DeadLetters.ERROR,
                RecordText.of(record.record()),
                record.failure().errorClass(),
                record.failure().text());
        this.observer.givenUp(this.listener, true);
    }

    private String topicFor(FailedRecord record) {
        return this.deadLetters.topicFor(record.origin().topic());
    }

    private CompletableFuture<PublishResult> publish(FailedRecord record) {
        ConsumerRecord<byte @Nullable [], byte @Nullable []> raw = this.rawRecords.of(record.record());
        if (raw == null) {
            return publishAsObjects(record);
        }
        // With the time of now: an old record's own would let its dead letter expire at once.
        ProducerRecord<byte @Nullable [], byte @Nullable []> deadLetter =
                new ProducerRecord<>(topicFor(record), raw.key(), raw.value());
        raw.headers().forEach(deadLetter.headers()::add);
        addHeaders(deadLetter.headers(), record);
        return this.rawPublisher.publishRaw(deadLetter, idOf(raw.headers()), "dead-letter");
    }

    /**
     * The record was deleted from its topic meanwhile: what the listener's consumer made of it is all that is left.
     */
    private CompletableFuture<PublishResult> publishAsObjects(FailedRecord failed) {
        ConsumerRecord<?, ?> record = failed.record();
        logger.warn(
                "Record {}@{} is not in its topic any more: its dead letter is made with the publisher's serializers",
                failed.partition(),
                record.offset());
        Object key = record.key();
        Object value = record.value();
        String topic = topicFor(failed);
        OutgoingEvent event = (key != null)
                ? OutgoingEvent.of(topic, key, value)
                : OutgoingEvent.unkeyed(topic, (value != null) ? value : new byte[0]);
        Headers headers = new RecordHeaders(record.headers());
        addHeaders(headers, failed);
        for (Header header : headers) {
            event = event.withHeader(header.key(), header.value());
        }
        return this.publisher.publish(event);
    }

    private void addHeaders(Headers headers, FailedRecord record) {
        record.addHeaders(headers, this.group);
        headers.remove(RetryTicket.NOT_BEFORE);
        // Added by the container, to the record itself.
        headers.remove(KafkaHeaders.DELIVERY_ATTEMPT);
        headers.remove(KafkaHeaders.LISTENER_INFO);
    }

    private UUID idOf(Headers headers) {
        Header header = headers.lastHeader("ce_id");
        if (header != null && header.value() != null) {
            try {
                return UUID.fromString(new String(header.value(), StandardCharsets.US_ASCII));
            } catch (IllegalArgumentException ex) {
                logger.debug("The id of a dead letter is no UUID: it gets one of its own", ex);
            }
        }
        return EventIds.next(this.clock.millis());
    }
}
