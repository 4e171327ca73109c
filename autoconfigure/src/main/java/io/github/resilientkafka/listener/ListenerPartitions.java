package io.github.resilientkafka.listener;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of one listener, and what troubles them. Each pause has a generation of its own; a timer, or an answer,
 * that belongs to an earlier one changes nothing.
 * <p>
 * A partition's own changes are made by the consumer thread that has it; timers and others only release. Thread-safe.
 */
final class ListenerPartitions {

    private final PartitionPauser pauser;

    private final ListenerThreads threads;

    private final Clock clock;

    private final PartitionEvents events;

    private final Map<TopicPartition, Instant> assigned = new ConcurrentHashMap<>();

    private final Map<TopicPartition, Trouble> troubles = new ConcurrentHashMap<>();

    /**
     * Of partitions that were revoked, and may come back.
     */
    private final Map<TopicPartition, Trouble> remembered = new ConcurrentHashMap<>();

    /**
     * Up to which offset records of a batch are handled one by one.
     */
    private final Map<TopicPartition, Long> isolated = new ConcurrentHashMap<>();

    private final AtomicLong generations = new AtomicLong();

    private volatile boolean joined;

    ListenerPartitions(PartitionPauser pauser, ListenerThreads threads, Clock clock, PartitionEvents events) {
        this.pauser = pauser;
        this.threads = threads;
        this.clock = clock;
        this.events = events;
    }

    /**
     * Returns what troubles a partition: null for nearly every record.
     */
    @Nullable
    Trouble troubleOf(TopicPartition partition) {
        return this.troubles.get(partition);
    }

    boolean calm() {
        return this.troubles.isEmpty();
    }

    /**
     * Pauses a partition at a record. To be called on its consumer's thread.
     * @param attempts attempts of this record that count
     * @param resumeAfter when it is released by itself, or null if somebody else releases it
     * @return the new state
     */
    Trouble pause(
            TopicPartition partition,
            PartitionState state,
            long offset,
            int attempts,
            Failure failure,
            @Nullable Duration resumeAfter) {
        Trouble before = this.troubles.get(partition);
        boolean sameRecord = before != null && before.offset() == offset;
        Instant now = this.clock.instant();
        Trouble trouble = new Trouble(
                state,
                offset,
                attempts,
                failure,
                (sameRecord && before != null) ? before.firstFailure() : now,
                (sameRecord && before != null && before.state() == state) ? before.since() : now,
                this.generations.incrementAndGet(),
                (resumeAfter == null) ? null : now.plus(resumeAfter),
                false,
                false);
        this.troubles.put(partition, trouble);
        this.pauser.pause(partition);
        this.events.paused(partition, trouble);
        if (resumeAfter != null) {
            releaseAfter(resumeAfter, partition, trouble.generation());
        }
        return trouble;
    }

    void releaseAfter(Duration delay, TopicPartition partition, long generation) {
        this.threads.schedule(delay, () -> release(partition, generation, false));
    }

    /**
     * Lets a partition run again, to try its record, if it is still in the state of that generation.
     * @param done whether the record needs no further handling
     */
    void release(TopicPartition partition, long generation, boolean done) {
        Trouble released = this.troubles.computeIfPresent(
                partition, (key, trouble) -> (trouble.generation() == generation) ? trouble.release(done) : trouble);
        if (released != null && released.generation() == generation) {
            this.pauser.resume(partition);
        }
    }

    /**
     * To be called on a consumer's thread before each poll.
     */
    void beforePoll() {
        this.pauser.beforePoll(this::mayRun);
    }

    private boolean mayRun(TopicPartition partition) {
        Trouble trouble = this.troubles.get(partition);
        return trouble == null || trouble.released();
    }

    /**
     * Makes sure that a partition is paused whose records turned up although it should be.
     */
    void pauseAgain(TopicPartition partition) {
        Trouble trouble = this.troubles.get(partition);
        if (trouble != null && !trouble.released()) {
            this.pauser.pause(partition);
            if (mayRun(partition)) {
                // Released between the question and the pause.
                this.pauser.resume(partition);
            }
        }
    }

    /**
     * A record is done with. The one that failed may have been compacted away: any later one tells as much.
     */
    void done(TopicPartition partition, long offset) {
        Trouble trouble = this.troubles.get(partition);
        // While it is paused, only a consumer that has lost the partition can still be at work on it.
        if (trouble != null && trouble.released() && offset >= trouble.offset()) {
            this.troubles.remove(partition);
            this.events.recovered(partition, offset);
        }
    }

    /**
     * From now on records of a partition are handled one by one.
     * @param last the last of them
     */
    void isolate(TopicPartition partition, long last) {
        this.isolated.put(partition, last);
    }

    boolean isolates(TopicPartition partition, long offset) {
        if (this.isolated.isEmpty()) {
            return false;
        }
        Long last = this.isolated.get(partition);
        if (last != null && offset > last) {
            this.isolated.remove(partition);
            return false;
        }
        return last != null;
    }

    /**
     * Partitions came. What stood at its failed record when it was revoked, and still does, goes on waiting: attempts and
     * the rest of the pause are kept.
     * @param positions where each partition of {@link #remembered()} begins; those missing here start clean
     */
    void assigned(Collection<TopicPartition> partitions, Map<TopicPartition, Long> positions) {
        this.joined = true;
        Instant now = this.clock.instant();
        for (TopicPartition partition : partitions) {
            this.assigned.put(partition, now);
            Trouble trouble = this.remembered.remove(partition);
            Long position = positions.get(partition);
            if (trouble != null && position != null && position == trouble.offset()) {
                restore(partition, trouble, now);
            }
        }
    }

    private void restore(TopicPartition partition, Trouble trouble, Instant now) {
        Instant resumesAt = trouble.resumesAt();
        Duration rest = (resumesAt == null) ? Duration.ZERO : Duration.between(now, resumesAt);
        pause(
                partition,
                PartitionState.BACKOFF,
                trouble.offset(),
                trouble.attempts(),
                trouble.failure(),
                rest.isNegative() ? Duration.ZERO : rest);
    }

    boolean isRemembered(TopicPartition partition) {
        return this.remembered.containsKey(partition);
    }

    /**
     * Partitions went. Their pauses end with them.
     * @param lost whether somebody else may have had them since
     */
    void revoked(Collection<TopicPartition> partitions, boolean lost) {
        for (TopicPartition partition : partitions) {
            this.assigned.remove(partition);
            this.isolated.remove(partition);
            Trouble trouble = this.troubles.remove(partition);
            if (trouble != null) {
                this.pauser.resume(partition);
                if (!lost) {
                    this.remembered.put(partition, trouble);
                }
            }
        }
    }

    /**
     * The container has stopped: nothing of it is left.
     */
    void clear() {
        this.joined = false;
        this.assigned.clear();
        this.pauser.clear();
        this.troubles.clear();
        this.remembered.clear();
        this.isolated.clear();
    }

    /**
     * Returns whether the group was joined since the start: with or without partitions.
     */
    boolean joined() {
        return this.joined;
    }

    Set<TopicPartition> assignedPartitions() {
        return Set.copyOf(this.assigned.keySet());
    }

    List<PartitionStatus> status() {
        return this.assigned.entrySet().stream()
                .map(entry -> status(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(PartitionStatus::topic).thenComparing(PartitionStatus::partition))
                .toList();
    }

    private PartitionStatus status(TopicPartition partition, Instant assignedAt) {
        Trouble trouble = this.troubles.get(partition);
        if (trouble == null) {
            return new PartitionStatus(
                    partition.topic(), partition.partition(), PartitionState.RUNNING, assignedAt, null, null, 0, null);
        }
        return new PartitionStatus(
                partition.topic(),
                partition.partition(),
                trouble.visibleState(),
                trouble.since(),
                trouble.reason(),
                trouble.offset(),
                trouble.attempts(),
                trouble.resumesAt());
    }
}
