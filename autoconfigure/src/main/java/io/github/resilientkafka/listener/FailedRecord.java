package io.github.resilientkafka.listener;

import io.github.resilientkafka.publisher.DeadLetters;
import java.time.Instant;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;

/**
 * A record that leaves its partition because its handler failed.
 *
 * @param record as its consumer got it
 * @param origin where it failed first
 * @param failure why it failed last
 * @param attempts attempts that counted
 * @param firstFailure when it first failed
 */
record FailedRecord(ConsumerRecord<?, ?> record, Origin origin, Failure failure, int attempts, Instant firstFailure) {

    TopicPartition partition() {
        return Partitions.of(record);
    }

    /**
     * Adds where the record comes from and why it failed.
     * @param headers the record's own headers, to which they are added
     * @param group the consumer group that failed to handle it
     */
    void addHeaders(Headers headers, String group) {
        DeadLetters.addHeaders(
                headers,
                origin.topic(),
                origin.partition(),
                origin.timestamp(),
                failure.errorClass().name(),
                failure.fullText(),
                attempts,
                firstFailure);
        DeadLetters.addConsumerHeaders(headers, origin.offset(), group);
    }
}
