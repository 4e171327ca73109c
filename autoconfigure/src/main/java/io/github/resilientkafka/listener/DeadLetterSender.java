package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.RawPublisher;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes dead letters of one listener's records: the record's own bytes and headers, and why it failed. Everything that may
 * block is done on the thread for dead letters.
 */
final class DeadLetterSender {

    private static final Logger logger = LoggerFactory.getLogger(DeadLetterSender.class);

    private static final Duration READER_IDLE = Duration.ofSeconds(30);

    private final String group;

    private final RawRecordReader reader;

    private final DeadLetters deadLetters;

    private final RawPublisher rawPublisher;

    private final EventPublisher publisher;

    private final ListenerThreads threads;

    private final Clock clock;

    private long reads;

    DeadLetterSender(
            String group,
            RawRecordReader reader,
            DeadLetters deadLetters,
            RawPublisher rawPublisher,
            EventPublisher publisher,
            ListenerThreads threads,
            Clock clock) {
        this.group = group;
        this.reader = reader;
        this.deadLetters = deadLetters;
        this.rawPublisher = rawPublisher;
        this.publisher = publisher;
        this.threads = threads;
        this.clock = clock;
    }

    /**
     * Returns whether records of a topic may be dead-lettered: those of a dead-letter topic never are, again.
     */
    boolean takes(String topic) {
        return !this.deadLetters.isDeadLetterTopic(topic);
    }

    String topicFor(String topic) {
        return this.deadLetters.topicFor(topic);
    }

    /**
     * Sends a record to its dead-letter topic.
     * @return completes when the dead letter is durable, in Kafka or in the database
     */
    CompletableFuture<PublishResult> send(
            ConsumerRecord<?, ?> record, Failure failure, int attempts, Instant firstFailure) {
        CompletableFuture<PublishResult> durable = new CompletableFuture<>();
        this.threads.deadLetters().execute(() -> {
            try {
                this.deadLetters.ensureTopicFor(record.topic());
                publish(record, failure, attempts, firstFailure).whenComplete((result, error) -> {
                    if (error == null) {
                        durable.complete(result);
                    } else {
                        durable.completeExceptionally(error);
                    }
                });
            } catch (RuntimeException ex) {
                durable.completeExceptionally(ex);
            }
        });
        return durable;
    }

    private CompletableFuture<PublishResult> publish(
            ConsumerRecord<?, ?> record, Failure failure, int attempts, Instant firstFailure) {
        ConsumerRecord<byte @Nullable [], byte @Nullable []> raw = raw(record);
        if (raw == null) {
            return publishAsObjects(record, failure, attempts, firstFailure);
        }
        ProducerRecord<byte @Nullable [], byte @Nullable []> deadLetter = new ProducerRecord<>(
                topicFor(record.topic()),
                null,
                record.timestamp() < 0 ? null : record.timestamp(),
                raw.key(),
                raw.value());
        raw.headers().forEach(deadLetter.headers()::add);
        addHeaders(deadLetter.headers(), record, failure, attempts, firstFailure);
        return this.rawPublisher.publishRaw(deadLetter, idOf(raw.headers()), "dead-letter");
    }

    /**
     * The record was deleted from its topic meanwhile: what the listener's consumer made of it is all that is left.
     */
    private CompletableFuture<PublishResult> publishAsObjects(
            ConsumerRecord<?, ?> record, Failure failure, int attempts, Instant firstFailure) {
        logger.warn(
                "Record {}-{}@{} is not in its topic any more: its dead letter is made with the publisher's serializers",
                record.topic(),
                record.partition(),
                record.offset());
        Object key = record.key();
        Object value = record.value();
        String topic = topicFor(record.topic());
        OutgoingEvent event = (key != null)
                ? OutgoingEvent.of(topic, key, value)
                : OutgoingEvent.unkeyed(topic, (value != null) ? value : new byte[0]);
        Headers headers = new RecordHeaders(record.headers());
        addHeaders(headers, record, failure, attempts, firstFailure);
        for (Header header : headers) {
            event = event.withHeader(header.key(), header.value());
        }
        return this.publisher.publish(event);
    }

    private void addHeaders(
            Headers headers, ConsumerRecord<?, ?> record, Failure failure, int attempts, Instant firstFailure) {
        DeadLetters.addHeaders(
                headers,
                record.topic(),
                record.partition(),
                record.timestamp(),
                failure.errorClass().name(),
                failure.fullText(),
                attempts,
                firstFailure);
        DeadLetters.addConsumerHeaders(headers, record.offset(), this.group);
    }

    /**
     * Returns the record's bytes, or null if they are not to be had any more.
     */
    @SuppressWarnings("unchecked")
    private @Nullable ConsumerRecord<byte @Nullable [], byte @Nullable []> raw(ConsumerRecord<?, ?> record) {
        if (isRaw(record.key(), record.serializedKeySize()) && isRaw(record.value(), record.serializedValueSize())) {
            return (ConsumerRecord<byte @Nullable [], byte @Nullable []>) record;
        }
        long read = ++this.reads;
        try {
            return (ConsumerRecord<byte @Nullable [], byte @Nullable []>) (ConsumerRecord<?, ?>)
                    this.reader.read(new TopicPartition(record.topic(), record.partition()), record.offset());
        } catch (RuntimeException ex) {
            this.reader.close();
            throw ex;
        } finally {
            this.threads.schedule(READER_IDLE, () -> this.threads.deadLetters().execute(() -> closeReaderUnused(read)));
        }
    }

    private void closeReaderUnused(long lastRead) {
        if (this.reads == lastRead) {
            this.reader.close();
        }
    }

    private static boolean isRaw(@Nullable Object object, int serializedSize) {
        return (object == null)
                ? serializedSize == ConsumerRecord.NULL_SIZE
                : object instanceof byte[] bytes && bytes.length == serializedSize;
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
