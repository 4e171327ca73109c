package io.github.resilientkafka.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a dead-letter topic from where replays have come to up to fixed ends. As a member of the group of its job, so
 * that each partition is replayed by one instance at a time, which tells the others how far it has come; or, to count
 * only, as a member of none. Every call takes a few seconds at most. Not thread-safe.
 */
final class DeadLetterReader implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(DeadLetterReader.class);

    private static final Duration CLOSE = Duration.ofSeconds(1);

    /**
     * Marks progress that was set back on purpose, and is not to be skipped because jobs without filter are ahead.
     */
    private static final String AGAIN = "again";

    private final Consumer<byte @Nullable [], byte @Nullable []> consumer;

    private final ReplayRoute route;

    private final ReplayRange range;

    private final Duration timeout;

    private final Set<TopicPartition> again = new HashSet<>();

    /** How far partitions have come that others have, as far as we know. */
    private final Map<TopicPartition, Long> elsewhere = new HashMap<>();

    private boolean joined;

    /**
     * Creates a reader.
     * @param consumer in the group of the job, used for nothing else; closed with the reader
     * @param timeout after which it gives up a question
     */
    DeadLetterReader(
            Consumer<byte @Nullable [], byte @Nullable []> consumer,
            ReplayRoute route,
            ReplayRange range,
            Duration timeout) {
        this.consumer = consumer;
        this.route = route;
        this.range = range;
        this.timeout = timeout;
    }

    /**
     * Sets the progress back to the beginning of the topic.
     * @throws org.apache.kafka.clients.consumer.CommitFailedException if a job is under way elsewhere
     */
    void rewind() {
        Map<TopicPartition, OffsetAndMetadata> begins = new HashMap<>();
        this.range
                .partitions()
                .forEach(partition -> begins.put(partition, new OffsetAndMetadata(this.range.begin(partition), AGAIN)));
        this.consumer.commitSync(begins, this.timeout);
    }

    void join() {
        this.consumer.subscribe(Set.of(this.route.source()), new ConsumerRebalanceListener() {

            @Override
            public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                seek(partitions, false);
                DeadLetterReader.this.joined = true;
            }

            @Override
            public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                // Nothing is in hand: a chunk is committed before the next poll, which is where this is called.
            }
        });
    }

    /**
     * Takes all partitions without being anybody's member.
     */
    void look(boolean fromBeginning) {
        this.consumer.assign(this.range.partitions());
        seek(this.range.partitions(), fromBeginning);
        this.joined = true;
    }

    /**
     * Returns whether it is known which partitions are ours.
     */
    boolean hasJoined() {
        return this.joined;
    }

    private void seek(Collection<TopicPartition> partitions, boolean fromBeginning) {
        Map<TopicPartition, @Nullable OffsetAndMetadata> committed =
                this.consumer.committed(new HashSet<>(partitions), this.timeout);
        for (TopicPartition partition : partitions) {
            long start = fromBeginning ? this.range.begin(partition) : start(partition, committed.get(partition));
            this.consumer.seek(partition, start);
            if (start >= this.range.end(partition)) {
                this.consumer.pause(Set.of(partition));
            }
        }
    }

    private long start(TopicPartition partition, @Nullable OffsetAndMetadata own) {
        long begin = this.range.begin(partition);
        this.again.remove(partition);
        if (own == null) {
            return Math.max(begin, this.range.committed().getOrDefault(partition, begin));
        }
        if (own.offset() > this.range.end(partition) && own.offset() > endNow(partition)) {
            logger.warn(
                    "{} ends before the progress of {}: it was created anew, and is read from its beginning",
                    partition,
                    this.route.ownGroup());
            return begin;
        }
        if (own.metadata().equals(AGAIN)) {
            this.again.add(partition);
            return Math.max(begin, own.offset());
        }
        long others = this.route.isFiltered() ? this.range.committed().getOrDefault(partition, begin) : begin;
        return Math.max(Math.max(begin, own.offset()), others);
    }

    private long endNow(TopicPartition partition) {
        return this.consumer.endOffsets(Set.of(partition), this.timeout).getOrDefault(partition, 0L);
    }

    /**
     * Reads on.
     * @return records of before the ends, in order within a partition
     */
    List<TopicDeadLetter> poll(Duration atMost) {
        List<TopicDeadLetter> letters = new ArrayList<>();
        for (ConsumerRecord<byte @Nullable [], byte @Nullable []> record : this.consumer.poll(atMost)) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            if (record.offset() < this.range.end(partition)) {
                letters.add(new TopicDeadLetter(record));
            }
        }
        return letters;
    }

    /**
     * Reads all further records of a partition later: from this one on.
     */
    void returnTo(TopicDeadLetter letter) {
        this.consumer.seek(letter.partition(), letter.record().offset());
    }

    /**
     * Commits that everything returned so far was dealt with.
     * @throws org.apache.kafka.clients.consumer.CommitFailedException if another instance has the partitions by now
     */
    void commit() {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : this.consumer.assignment()) {
            if (this.range.partitions().contains(partition)) {
                long offset = Math.min(position(partition), this.range.end(partition));
                if (offset > 0) {
                    offsets.put(partition, new OffsetAndMetadata(offset, this.again.contains(partition) ? AGAIN : ""));
                }
            }
        }
        this.consumer.commitSync(offsets, this.timeout);
        pauseAtEnd();
    }

    /**
     * Fetches nothing more of partitions that are at their ends.
     */
    void pauseAtEnd() {
        this.consumer.pause(
                this.consumer.assignment().stream().filter(this::isAtEnd).toList());
    }

    /**
     * Returns whether all partitions that are ours now are at their ends.
     */
    boolean isAtEnd() {
        return this.consumer.assignment().stream().allMatch(this::isAtEnd);
    }

    private boolean isAtEnd(TopicPartition partition) {
        return position(partition) >= this.range.end(partition);
    }

    private long position(TopicPartition partition) {
        return this.consumer.position(partition, this.timeout);
    }

    /**
     * Asks how far the partitions have come that are not ours.
     * @return whether they are at their ends
     */
    boolean areOthersAtEnd() {
        Set<TopicPartition> others = new HashSet<>(this.range.nonEmpty());
        others.removeAll(this.consumer.assignment());
        if (others.isEmpty()) {
            return true;
        }
        this.elsewhere.putAll(ReplayRange.committed(this.consumer, others, this.timeout));
        return others.stream()
                .allMatch(partition -> this.elsewhere.getOrDefault(partition, 0L) >= this.range.end(partition));
    }

    /**
     * Returns how many records are still to be read, here or elsewhere.
     */
    long left() {
        Map<TopicPartition, Long> positions = new HashMap<>(this.range.committed());
        positions.putAll(this.elsewhere);
        this.consumer.assignment().forEach(partition -> positions.put(partition, position(partition)));
        return this.range.left(positions);
    }

    boolean exists(String topic) {
        return !this.consumer.partitionsFor(topic, this.timeout).isEmpty();
    }

    @Override
    public void close() {
        this.consumer.close(CLOSE);
    }
}
