package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Partitions that cannot take records at the moment although Kafka is there: their rows wait, 1 to 30 seconds, while the
 * rest of their lane goes on. Thread-safe.
 * <p>
 * Rows that were found to wait are remembered, so that reads can go past them.
 */
final class PartitionHolds {

    private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long MAX_NANOS = Duration.ofSeconds(30).toNanos();

    private final Map<TopicPartition, Hold> holds = new ConcurrentHashMap<>();

    /**
     * What is held at one moment.
     *
     * @param partitions the partitions
     * @param rows the rows that are known to wait for them
     */
    record Held(Set<TopicPartition> partitions, List<Long> rows) {

        private static final Held NOTHING = new Held(Set.of(), List.of());
    }

    private static final class Hold {

        private final long pauseNanos;

        private final long untilNanos;

        private final Set<Long> waiting = new HashSet<>();

        Hold(long pauseNanos) {
            this.pauseNanos = pauseNanos;
            this.untilNanos = System.nanoTime() + pauseNanos;
        }

        boolean isOver() {
            return this.untilNanos - System.nanoTime() <= 0;
        }
    }

    /**
     * Returns what stands for a topic of which not even the partitions could be found out.
     */
    static TopicPartition wholeTopic(String topic) {
        return new TopicPartition(topic, RecordMetadata.UNKNOWN_PARTITION);
    }

    /**
     * Holds a partition, for twice as long as the last time.
     */
    synchronized void hold(TopicPartition partition, StoredEvent first) {
        Hold before = this.holds.get(partition);
        Hold hold = before;
        if (before == null || before.isOver()) {
            long pause = (before == null) ? FIRST_NANOS : Math.min(MAX_NANOS, 2 * before.pauseNanos);
            hold = new Hold(pause);
            this.holds.put(partition, hold);
        }
        if (hold != null) {
            hold.waiting.add(first.id());
        }
    }

    /**
     * Returns whether a row has to wait, and remembers it if so.
     */
    synchronized boolean holds(TopicPartition partition, StoredEvent row) {
        Hold hold = this.holds.get(partition);
        if (hold == null || hold.isOver()) {
            return false;
        }
        hold.waiting.add(row.id());
        return true;
    }

    /**
     * Forgets a partition: it takes records.
     */
    void release(TopicPartition partition) {
        if (!this.holds.isEmpty()) {
            this.holds.remove(partition);
            this.holds.remove(wholeTopic(partition.topic()));
        }
    }

    boolean isEmpty() {
        return this.holds.isEmpty();
    }

    /**
     * Returns what is held now: to be asked once for a batch, before it is read.
     */
    synchronized Held held() {
        if (this.holds.isEmpty()) {
            return Held.NOTHING;
        }
        Set<TopicPartition> partitions = new HashSet<>();
        List<Long> rows = new ArrayList<>();
        this.holds.forEach((partition, hold) -> {
            if (!hold.isOver()) {
                partitions.add(partition);
                rows.addAll(hold.waiting);
            }
        });
        return new Held(partitions, rows);
    }

    /**
     * Returns how long until the next hold is over.
     * @return the time, or null if nothing is held
     */
    synchronized @Nullable Duration untilNextRelease() {
        Duration next = null;
        for (Iterator<Hold> it = this.holds.values().iterator(); it.hasNext(); ) {
            Hold hold = it.next();
            long left = hold.untilNanos - System.nanoTime();
            if (left < -MAX_NANOS) {
                it.remove();
            } else if (left > 0 && (next == null || left < next.toNanos())) {
                next = Duration.ofNanos(left);
            }
        }
        return next;
    }
}
