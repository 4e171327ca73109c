package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventIds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the record of one event in a topic: from a moment on, by its id's header, bounded in records and in time.
 * Reads only: no consumer group, no commits. Thread-safe, one search at a time. Internal.
 */
public final class RecordSearch {

    private static final long MAX_RECORDS = 500_000;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private static final Duration POLL = Duration.ofMillis(200);

    private static final String ID_HEADER = "ce_id";

    private final ProducerSettings settings;

    private final long maxRecords;

    private final ReentrantLock oneAtATime = new ReentrantLock();

    /**
     * Creates a search.
     * @param settings how to reach Kafka
     */
    public RecordSearch(ProducerSettings settings) {
        this(settings, MAX_RECORDS);
    }

    RecordSearch(ProducerSettings settings, long maxRecords) {
        this.settings = settings;
        this.maxRecords = maxRecords;
    }

    /**
     * What a search came to.
     *
     * @param topic the topic
     * @param from records with an earlier timestamp were not looked at
     * @param records how many were looked at
     * @param complete whether everything up to the topic's end at the start of the search was looked at, or the event
     * was found
     * @param found where the event is, or null if it was not found
     * @param problem why the search could not be made or finished, or null
     */
    public record Result(
            String topic,
            Instant from,
            long records,
            boolean complete,
            @Nullable Position found,
            @Nullable String problem) {}

    /**
     * Where a record is.
     *
     * @param partition its partition
     * @param offset its offset
     * @param timestamp its timestamp
     */
    public record Position(int partition, long offset, Instant timestamp) {}

    /**
     * Searches a topic.
     * @param topic the topic
     * @param eventId the event's id
     * @param from where to begin, by the records' timestamps
     * @param timeout how long the search may take, about; connecting takes 2 s at most
     * @return what it came to; never throws because of Kafka
     */
    public Result find(String topic, UUID eventId, Instant from, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        Progress progress = new Progress(topic, eventId, from);
        boolean locked = false;
        try {
            locked = this.oneAtATime.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (!locked) {
                return progress.stopped("another search is under way, and only one is made at a time");
            }
            return find(progress, deadline);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return progress.stopped("the search was interrupted");
        } catch (KafkaException ex) {
            return progress.stopped(ex.toString());
        } finally {
            if (locked) {
                this.oneAtATime.unlock();
            }
        }
    }

    private Result find(Progress progress, long deadline) {
        IOException refusal = BootstrapCheck.refusal(this.settings.bootstrapServers());
        if (refusal != null) {
            return progress.stopped(
                    "none of " + this.settings.bootstrapServers() + " accepts connections (" + refusal + ")");
        }
        Consumer<ByteBuffer, ByteBuffer> consumer = new KafkaConsumer<>(
                this.settings.consumer(CONNECT_TIMEOUT), new ByteBufferDeserializer(), new ByteBufferDeserializer());
        try {
            Map<TopicPartition, Long> ends = seek(consumer, progress, left(deadline, CONNECT_TIMEOUT));
            return ends == null
                    ? progress.stopped("there is no such topic, or it may not be seen")
                    : read(consumer, progress, ends, deadline);
        } finally {
            consumer.close(Duration.ZERO);
        }
    }

    /**
     * Moves the consumer to where the search begins.
     * @return the ends of the partitions that have anything to look at, or null if there is no such topic
     */
    private static @Nullable Map<TopicPartition, Long> seek(
            Consumer<?, ?> consumer, Progress progress, Duration timeout) {
        List<PartitionInfo> partitions = consumer.partitionsFor(progress.topic, timeout);
        if (partitions.isEmpty()) {
            return null;
        }
        List<TopicPartition> all = partitions.stream()
                .filter(partition ->
                        partition.leader() != null && !partition.leader().isEmpty())
                .map(partition -> new TopicPartition(progress.topic, partition.partition()))
                .toList();
        progress.withoutLeader = partitions.size() - all.size();
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(all, timeout));
        Map<TopicPartition, Long> from = new HashMap<>();
        all.forEach(partition -> from.put(partition, Math.max(0, progress.from.toEpochMilli())));
        Map<TopicPartition, @Nullable OffsetAndTimestamp> starts = consumer.offsetsForTimes(from, timeout);
        ends.keySet().removeIf(partition -> {
            OffsetAndTimestamp start = starts.get(partition);
            return start == null || start.offset() >= ends.getOrDefault(partition, 0L);
        });
        consumer.assign(ends.keySet());
        for (TopicPartition partition : ends.keySet()) {
            OffsetAndTimestamp start = starts.get(partition);
            if (start != null) {
                consumer.seek(partition, start.offset());
            }
        }
        return ends;
    }

    private Result read(
            Consumer<ByteBuffer, ByteBuffer> consumer,
            Progress progress,
            Map<TopicPartition, Long> ends,
            long deadline) {
        List<TopicPartition> open = new ArrayList<>(ends.keySet());
        while (!open.isEmpty()) {
            if (progress.records >= this.maxRecords || System.nanoTime() - deadline >= 0) {
                return progress.stopped("its bounds were reached before the topic's end");
            }
            for (ConsumerRecord<ByteBuffer, ByteBuffer> record : consumer.poll(left(deadline, POLL))) {
                if (progress.isMatch(record)) {
                    return progress.found(record);
                }
            }
            open.removeIf(
                    partition -> consumer.position(partition, CONNECT_TIMEOUT) >= ends.getOrDefault(partition, 0L));
            consumer.pause(ends.keySet().stream()
                    .filter(partition -> !open.contains(partition))
                    .toList());
        }
        return progress.atEnd();
    }

    private static Duration left(long deadlineNanos, Duration atMost) {
        Duration left = Duration.ofNanos(Math.max(1_000_000, deadlineNanos - System.nanoTime()));
        return left.compareTo(atMost) < 0 ? left : atMost;
    }

    /**
     * A search under way.
     */
    private static final class Progress {

        private final String topic;

        private final byte[] id;

        private final Instant from;

        private long records;

        private int withoutLeader;

        Progress(String topic, UUID eventId, Instant from) {
            this.topic = topic;
            this.id = EventIds.toAscii(eventId);
            this.from = from;
        }

        boolean isMatch(ConsumerRecord<?, ?> record) {
            this.records++;
            Header header = record.headers().lastHeader(ID_HEADER);
            return header != null && Arrays.equals(header.value(), this.id);
        }

        Result found(ConsumerRecord<?, ?> record) {
            Instant timestamp = Instant.ofEpochMilli(record.timestamp());
            return new Result(
                    this.topic,
                    this.from,
                    this.records,
                    true,
                    new Position(record.partition(), record.offset(), timestamp),
                    null);
        }

        Result atEnd() {
            return this.withoutLeader > 0
                    ? stopped(this.withoutLeader + " partitions have no leader and could not be looked at")
                    : new Result(this.topic, this.from, this.records, true, null, null);
        }

        Result stopped(String problem) {
            return new Result(this.topic, this.from, this.records, false, null, problem);
        }
    }
}
