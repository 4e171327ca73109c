package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single records again, as the bytes they are: a listener's consumer has made objects of them, and no serializer is
 * sure to make the same bytes of those. In no group, commits nothing. For one thread at a time.
 */
final class RawRecordReader implements AutoCloseable {

    private static final AtomicInteger LAST = new AtomicInteger();

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Map<String, Object> settings;

    private final BooleanSupplier ended;

    private @Nullable Consumer<byte[], byte[]> consumer;

    /**
     * Creates a reader.
     * @param application the settings of the listener's consumer
     * @param ended whether it is to give up, as the application stops; asked from time to time
     */
    RawRecordReader(Map<String, Object> application, BooleanSupplier ended) {
        this.ended = ended;
        Map<String, Object> own = new HashMap<>(application);
        List.of(
                        ConsumerConfig.GROUP_ID_CONFIG,
                        ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
                        "group.protocol",
                        "group.remote.assignor",
                        ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG,
                        ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                        ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG)
                .forEach(own::remove);
        own.put(ConsumerConfig.CLIENT_ID_CONFIG, "resilient-kafka-dead-letters-" + LAST.incrementAndGet());
        own.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        own.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        own.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        own.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1);
        own.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        this.settings = Map.copyOf(own);
    }

    /**
     * Reads a record.
     * @return the record, or null if it is not there any more: deleted, or compacted away
     * @throws org.apache.kafka.common.KafkaException if Kafka cannot be asked, or does not answer within 10 s, or the application stops
     */
    @Nullable
    ConsumerRecord<byte[], byte[]> read(TopicPartition partition, long offset) {
        Consumer<byte[], byte[]> reader = consumer();
        reader.assign(List.of(partition));
        reader.seek(partition, offset);
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        try {
            while (System.nanoTime() - deadline < 0) {
                for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(500))) {
                    return (record.offset() == offset) ? record : null;
                }
                if (reader.position(partition) > offset) {
                    return null;
                }
                if (this.ended.getAsBoolean()) {
                    throw new KafkaException("The application stops");
                }
            }
        } catch (OffsetOutOfRangeException ex) {
            return null;
        }
        throw new org.apache.kafka.common.errors.TimeoutException(
                "Record " + partition + "@" + offset + " could not be read again within " + TIMEOUT.toSeconds() + " s");
    }

    private Consumer<byte[], byte[]> consumer() {
        Consumer<byte[], byte[]> open = this.consumer;
        if (open == null) {
            open = new KafkaConsumer<>(
                    new HashMap<>(this.settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
            this.consumer = open;
        }
        return open;
    }

    @Override
    public void close() {
        Consumer<byte[], byte[]> open = this.consumer;
        this.consumer = null;
        if (open != null) {
            open.close(Duration.ZERO);
        }
    }
}
