package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one listener's records. They are asked for in the listener's queue only: the reader is for one at a time.
 */
final class RawRecords {

    private static final Duration READER_IDLE = Duration.ofSeconds(30);

    private final RawRecordReader reader;

    private final ListenerQueue queue;

    private final ListenerThreads threads;

    private long reads;

    RawRecords(RawRecordReader reader, ListenerQueue queue, ListenerThreads threads) {
        this.reader = reader;
        this.queue = queue;
        this.threads = threads;
        queue.atEnd(reader::close);
    }

    /**
     * Has a task done that asks for bytes.
     * @return as {@link ListenerQueue#call}
     */
    <T> CompletableFuture<T> call(Supplier<? extends CompletionStage<? extends T>> task) {
        return this.queue.call(task);
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
            return (ConsumerRecord<byte @Nullable [], byte @Nullable []>)
                    (ConsumerRecord<?, ?>) this.reader.read(Partitions.of(record), record.offset());
        } catch (RuntimeException ex) {
            this.reader.close();
            throw ex;
        } finally {
            this.threads.schedule(READER_IDLE, () -> this.queue.execute(() -> closeReaderUnused(read)));
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
