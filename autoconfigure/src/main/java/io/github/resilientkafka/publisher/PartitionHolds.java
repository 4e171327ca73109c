package io.github.resilientkafka.publisher;

import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Partitions that cannot take records at the moment although Kafka is there: they are not tried for 1 to 30 seconds,
 * neither with new events nor with stored ones, while everything else goes on. Internal. Thread-safe.
 * <p>
 * Rows that were found to wait are remembered, so that reads can go past them; as many as cost a read little. Where more
 * wait, what is stored behind them in their lanes waits, too.
 */
public final class PartitionHolds {

    private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long MAX_NANOS = Duration.ofSeconds(30).toNanos();

    static final int MAX_REMEMBERED = 10_000;

    private final Map<TopicPartition, Hold> holds = new ConcurrentHashMap<>();

    /**
     * What is held at one moment.
     *
     * @param partitions the partitions
     * @param rows the rows that are known to wait for them
     * @param keys the {@link StoredEvent#keyHash}es of these rows
     */
    public record Held(Set<TopicPartition> partitions, List<Long> rows, Set<Integer> keys) {

        /** Nothing. */
        public static final Held NOTHING = new Held(Set.of(), List.of(), Set.of());
    }

    private final LongSupplier nanoTime;

    final class Hold {

        private final long pauseNanos;

        private final long untilNanos;

        private final Set<Long> waiting = new HashSet<>();

        private final Set<Integer> keys = new HashSet<>();

        Hold(long pauseNanos) {
            this.pauseNanos = pauseNanos;
            this.untilNanos = PartitionHolds.this.nanoTime.getAsLong() + pauseNanos;
        }

        long leftNanos() {
            return this.untilNanos - PartitionHolds.this.nanoTime.getAsLong();
        }

        boolean isOver() {
            return leftNanos() <= 0;
        }

        /**
         * Returns whether it has been over for so long that it is no reason any more to hold longer the next time.
         */
        boolean isForgotten() {
            return leftNanos() < -MAX_NANOS;
        }
    }

    /**
     * Starts with nothing held.
     */
    public PartitionHolds() {
        this(System::nanoTime);
    }

    PartitionHolds(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Returns what stands for a topic of which not even the partitions could be found out.
     * @param topic the topic
     * @return a partition without a number
     */
    public static TopicPartition wholeTopic(String topic) {
        return new TopicPartition(topic, RecordMetadata.UNKNOWN_PARTITION);
    }

    /**
     * Holds a partition, for twice as long as the last time.
     * @param partition the partition
     * @param first its row that has failed
     */
    public synchronized void hold(TopicPartition partition, StoredEvent first) {
        remember(hold(partition), first);
    }

    synchronized Hold hold(TopicPartition partition) {
        Hold before = this.holds.get(partition);
        if (before != null && !before.isOver()) {
            return before;
        }
        Hold hold = new Hold((before == null) ? FIRST_NANOS : Math.min(MAX_NANOS, 2 * before.pauseNanos));
        this.holds.put(partition, hold);
        return hold;
    }

    /**
     * Returns the partitions that have waited long enough. Whether they take records is to be asked before one is tried:
     * it would take the whole delivery time-out, and everything sent with it.
     * @return the partitions, mostly none
     */
    public synchronized List<TopicPartition> over() {
        List<TopicPartition> over = new ArrayList<>();
        this.holds.forEach((partition, hold) -> {
            if (hold.isOver()) {
                over.add(partition);
            }
        });
        return over;
    }

    /**
     * Holds a partition on, with the rows that wait for it.
     * @param partition the partition
     */
    public synchronized void prolong(TopicPartition partition) {
        Hold before = this.holds.get(partition);
        if (before != null) {
            Hold hold = hold(partition);
            hold.waiting.addAll(before.waiting);
            hold.keys.addAll(before.keys);
        }
    }

    /**
     * Returns whether a row has to wait, and remembers it if so, unless that are too many.
     * @param partition its partition
     * @param row the row
     * @return whether the partition is held
     */
    public synchronized boolean holds(TopicPartition partition, StoredEvent row) {
        Hold hold = this.holds.get(partition);
        if (hold == null || hold.isOver()) {
            return false;
        }
        remember(hold, row);
        return true;
    }

    private void remember(Hold hold, StoredEvent row) {
        if (!isFull()) {
            hold.waiting.add(row.id());
            hold.keys.add(row.keyHash());
        }
    }

    /**
     * Returns whether a row has to wait for others of its key, and remembers it if so: where nobody can tell which partition
     * it goes to, that is how it is known not to overtake them.
     * @param row the row
     * @return whether a row of its topic and key is known to wait
     */
    public synchronized boolean holdsKeyOf(StoredEvent row) {
        if (row.key() == null) {
            return false;
        }
        int key = row.keyHash();
        for (Map.Entry<TopicPartition, Hold> entry : this.holds.entrySet()) {
            Hold hold = entry.getValue();
            if (entry.getKey().topic().equals(row.topic()) && !hold.isOver() && hold.keys.contains(key)) {
                remember(hold, row);
                return true;
            }
        }
        return false;
    }

    /**
     * Returns whether no more rows are remembered: reading on would bring the same ones again.
     * @return whether reads stop at rows that wait
     */
    public synchronized boolean isFull() {
        int remembered = 0;
        for (Hold hold : this.holds.values()) {
            remembered += hold.isOver() ? 0 : hold.waiting.size();
        }
        return remembered >= MAX_REMEMBERED;
    }

    /**
     * Returns whether anything of a topic is held. Others need not be asked for their partitions, which may take time.
     * Where no relay runs, nobody else would ever forget what nobody sends to any more.
     */
    boolean concern(String topic) {
        this.holds.values().removeIf(Hold::isForgotten);
        for (TopicPartition partition : this.holds.keySet()) {
            if (partition.topic().equals(topic)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns whether a partition, or its topic, is held now.
     */
    boolean isHeld(TopicPartition partition) {
        Hold hold = this.holds.get(partition);
        Hold topic = this.holds.get(wholeTopic(partition.topic()));
        return hold != null && !hold.isOver() || topic != null && !topic.isOver();
    }

    /**
     * Forgets a partition: it takes records.
     * @param partition the partition
     */
    public void release(TopicPartition partition) {
        if (!this.holds.isEmpty()) {
            this.holds.remove(partition);
            this.holds.remove(wholeTopic(partition.topic()));
        }
    }

    /**
     * Forgets everything: Kafka is away as a whole, which the circuit knows.
     */
    public void clear() {
        this.holds.clear();
    }

    /**
     * Returns whether nothing is held.
     * @return true almost always
     */
    public boolean isEmpty() {
        return this.holds.isEmpty();
    }

    /**
     * Returns what is held now: to be asked once for a batch, before it is read.
     * @return partitions, rows and keys
     */
    public synchronized Held held() {
        if (this.holds.isEmpty()) {
            return Held.NOTHING;
        }
        Set<TopicPartition> partitions = new HashSet<>();
        List<Long> rows = new ArrayList<>();
        Set<Integer> keys = new HashSet<>();
        this.holds.forEach((partition, hold) -> {
            if (!hold.isOver()) {
                partitions.add(partition);
                rows.addAll(hold.waiting);
                keys.addAll(hold.keys);
            }
        });
        return new Held(partitions, rows, keys);
    }

    /**
     * Returns how long until the next hold is over.
     * @return the time, or null if nothing is held
     */
    public synchronized @Nullable Duration untilNextRelease() {
        this.holds.values().removeIf(Hold::isForgotten);
        Duration next = null;
        for (Hold hold : this.holds.values()) {
            long left = hold.leftNanos();
            if (left > 0 && (next == null || left < next.toNanos())) {
                next = Duration.ofNanos(left);
            }
        }
        return next;
    }
}
