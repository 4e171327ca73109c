package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.store.StoredEvent;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A stored row on its way to its dead-letter topic: key, value and headers as they are, and why it comes.
 */
final class DeadLetterRow extends RelayedRow {

    private final String deadLetterTopic;

    private final FailureKind reason;

    private final String cause;

    private final int attempts;

    DeadLetterRow(
            StoredEvent row,
            CountDownLatch answered,
            String deadLetterTopic,
            FailureKind reason,
            String cause,
            int attempts) {
        super(row, answered);
        this.deadLetterTopic = deadLetterTopic;
        this.reason = reason;
        this.cause = cause;
        this.attempts = attempts;
    }

    @Override
    protected String topic() {
        return this.deadLetterTopic;
    }

    @Override
    protected ProducerRecord<byte @Nullable [], byte @Nullable []> record() {
        StoredEvent row = row();
        Headers headers = new RecordHeaders(headers());
        DeadLetters.addHeaders(
                headers,
                row.topic(),
                row.partition(),
                row.timestamp(),
                this.reason.name(),
                this.cause,
                this.attempts,
                row.createdAt());
        // Neither the partition nor the timestamp is kept: either may be what the record was refused for.
        return new ProducerRecord<>(this.deadLetterTopic, null, null, row.key(), row.payload(), headers);
    }
}
