package io.github.resilientkafka.listener;

import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one listener's records. To be used on the thread for dead letters only.
 */
final class RawRecords {

    private static final Duration READER_IDLE = Duration.ofSeconds(30);

    private final RawRecordReader reader;

    private final ListenerThreads threads;

    private long reads;

    RawRecords(RawRecordReader reader, ListenerThreads threads) {
        this.reader = reader;
        this.threads = threads;
        threads.closeAtEnd(reader::close);
    }

    /**
     * Returns a record's bytes and headers.
     * @return the record, or null if it is not in its topic any more
     * @throws org.apache.kafka.common.KafkaException if Kafka cannot be asked
     */
    @SuppressWarnings("unchecked")
    @Nullable
    ConsumerRecord<byte @Nullable [], byte @Nullable []> of(ConsumerRecord<?, ?> record) {
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
}
