package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Where a record was when its handler first failed: it may have been moved since.
 *
 * @param topic its topic
 * @param partition its partition
 * @param offset its offset
 * @param timestamp its timestamp, milliseconds since 1970, or negative if it had none
 */
record Origin(String topic, int partition, long offset, long timestamp) {

    static Origin of(ConsumerRecord<?, ?> record) {
        return new Origin(record.topic(), record.partition(), record.offset(), record.timestamp());
    }
}
