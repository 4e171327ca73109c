package io.github.resilientkafka.listener;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * The partitions of one listener, and what troubles them. Each pause has a generation of its own; a timer, or an answer,
 * that belongs to an earlier one changes nothing.
 * <p>
 * A partition's own changes are made by the consumer thread that has it; timers and others only release. What another
 * consumer says, which has lost the partition and does not know it yet, changes nothing. Thread-safe.
 */
final class ListenerPartitions {

    private final PartitionPauser pauser;

    private final ListenerThreads threads;

    private final Clock clock;

    private final PartitionEvents events;

    /**
     * Locked for each change that only a partition's own consumer may make.
     */
    private final Assignments assignments = new Assignments();

    private final Map<TopicPartition, Trouble> troubles = new ConcurrentHashMap<>();

    /**
     * Of partitions that were revoked, and may come back.
     */
    private final Map<TopicPartition, Trouble> remembered = new ConcurrentHashMap<>();

    private final Isolation isolation = new Isolation(this::isOurs);

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
     * Returns whether the consumer of this thread has a partition, as far as is known.
     */
    boolean isOurs(TopicPartition partition) {
        return this.assignments.isOf(Thread.currentThread(), partition);
    }

    /**
     * The consumer of a part of the container begins, on its own thread.
     */
    void begin(MessageListenerContainer part) {
        this.pauser.begin(part);
    }

    /**
     * Pauses a partition at a record. To be called on its consumer's thread.
     * @param attempts attempts of this record that count
     * @param resumeAfter when it is released by itself, or null if somebody else releases it
     * @return the new state, or null if another consumer has the partition
     */
    @Nullable
    Trouble pause(
            TopicPartition partition,
            PartitionState state,
            long offset,
            int attempts,
            Failure failure,
            @Nullable Duration resumeAfter) {
        Trouble trouble;
        synchronized (this.assignments) {
            if (!isOurs(partition)) {
                return null;
            }
            trouble = Trouble.begin(state, offset, attempts, failure, this.clock.instant(), resumeAfter)
                    .after(this.troubles.get(partition), this.generations.incrementAndGet());
            this.troubles.put(partition, trouble);
        }
        this.pauser.pause(partition);
        this.events.paused(partition, trouble);
        if (resumeAfter != null) {
            scheduleRelease(resumeAfter, partition, trouble.generation());
        }
        return trouble;
    }

    /**
     * Sets when a partition is released by itself, if it is still in the state of that generation.
     */
    void releaseAfter(Duration delay, TopicPartition partition, long generation) {
        Instant time = this.clock.instant().plus(delay);
        this.troubles.computeIfPresent(
                partition, (key, trouble) -> (trouble.generation() == generation) ? trouble.until(time) : trouble);
        scheduleRelease(delay, partition, generation);
    }

    private void scheduleRelease(Duration delay, TopicPartition partition, long generation) {
        this.threads.schedule(delay, () -> release(partition, generation, false));
    }

    /**
     * Lets a partition run again, to try its record, if it is still in the state of that generation.
     * @param done whether the record needs no further handling
     */
    void release(TopicPartition partition, long generation, boolean done) {
        this.troubles.computeIfPresent(
                partition, (key, trouble) -> (trouble.generation() == generation) ? trouble.release(done) : trouble);
    }

    /**
     * To be called on a consumer's thread before each poll.
     */
    void beforePoll() {
        this.pauser.beforePoll(this::mayRun);
    }

    private boolean mayRun(TopicPartition partition) {
        Trouble trouble = this.troubles.get(partition);
        return trouble == null || trouble.released() || !isOurs(partition);
    }

    /**
     * Makes sure that a partition is paused whose records turned up although it should be.
     */
    void pauseAgain(TopicPartition partition) {
        if (!mayRun(partition)) {
            this.pauser.pause(partition);
        }
    }

    /**
     * A record is done with. The one that failed may have been compacted away: any later one tells as much.
     */
    void done(TopicPartition partition, long offset) {
        if (!this.troubles.containsKey(partition)) {
            return;
        }
        Trouble trouble;
        synchronized (this.assignments) {
            trouble = this.troubles.get(partition);
            // While it is paused, only a consumer that has lost the partition can still be at work on it.
            if (trouble == null || !trouble.released() || offset < trouble.offset() || !isOurs(partition)) {
                return;
            }
            this.troubles.remove(partition);
        }
        this.events.recovered(partition, offset, trouble);
    }

    /**
     * Returns which records are handled one by one.
     */
    Isolation isolation() {
        return this.isolation;
    }

    /**
     * Partitions came to the consumer of this thread. What stood at its failed record when it was revoked, and still does,
     * goes on waiting: attempts and the rest of the pause are kept, what was given up is not handled again. What another
     * consumer has not given back was lost.
     * @param positions where each partition of {@link #isRemembered} begins; those missing here start clean
     */
    void assigned(Collection<TopicPartition> partitions, Map<TopicPartition, Long> positions) {
        this.joined = true;
        Instant now = this.clock.instant();
        for (TopicPartition partition : partitions) {
            Trouble trouble;
            synchronized (this.assignments) {
                this.assignments.add(partition, now);
                this.isolation.end(partition);
                this.troubles.remove(partition);
                trouble = this.remembered.remove(partition);
            }
            Long position = positions.get(partition);
            if (trouble != null && position != null && position == trouble.offset()) {
                restore(partition, trouble, now);
            }
        }
    }

    /**
     * Partitions are here without a group's doing, until their consumer ends.
     */
    void assignedByHand(Collection<TopicPartition> partitions) {
        this.joined = true;
        Instant now = this.clock.instant();
        partitions.forEach(partition -> this.assignments.addForGood(partition, now));
    }

    private void restore(TopicPartition partition, Trouble trouble, Instant now) {
        PartitionState state =
                (trouble.state() == PartitionState.DEAD_LETTER_BLOCKED) ? trouble.state() : PartitionState.BACKOFF;
        pause(partition, state, trouble.offset(), trouble.attempts(), trouble.failure(), trouble.rest(now));
    }

    boolean isRemembered(TopicPartition partition) {
        return this.remembered.containsKey(partition);
    }

    /**
     * Partitions went. Their pauses end with them.
     * @param lost whether somebody else may have had them since
     * @return those that another consumer of this listener has not been given meanwhile
     */
    List<TopicPartition> revoked(Collection<TopicPartition> partitions, boolean lost) {
        return revoked(partitions, lost, Thread.currentThread());
    }

    /**
     * As above, for a consumer that cannot say so itself.
     * @param owner its thread, or null if it is not known
     */
    List<TopicPartition> revoked(Collection<TopicPartition> partitions, boolean lost, @Nullable Thread owner) {
        List<TopicPartition> gone = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            synchronized (this.assignments) {
                if (this.assignments.isOf(owner, partition)) {
                    gone.add(partition);
                    this.assignments.remove(partition);
                    this.isolation.end(partition);
                    Trouble trouble = this.troubles.remove(partition);
                    if (trouble != null && !lost) {
                        this.remembered.put(partition, trouble);
                    }
                }
            }
        }
        return gone;
    }

    /**
     * The container has stopped: nothing of it is left.
     */
    void clear() {
        this.joined = false;
        this.assignments.clear();
        this.pauser.clear();
        this.troubles.clear();
        this.remembered.clear();
        this.isolation.clear();
    }

    /**
     * Returns whether the group was joined since the start, with or without partitions, or there was none to join.
     */
    boolean joined() {
        return this.joined;
    }

    Set<TopicPartition> assignedPartitions() {
        return this.assignments.since().keySet();
    }

    List<PartitionStatus> status() {
        return this.assignments.since().entrySet().stream()
                .map(entry -> PartitionStatus.of(entry.getKey(), entry.getValue(), this.troubles.get(entry.getKey())))
                .sorted(Comparator.comparing(PartitionStatus::topic).thenComparing(PartitionStatus::partition))
                .toList();
    }
}
