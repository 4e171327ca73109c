package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the partitions of one listener that wait for a dependency. When the dependency is said to be back, or, where nobody
 * can tell, after a pause that doubles each time, a single partition is let through to try: its record's outcome
 * releases the others or begins the next pause. Thread-safe.
 */
final class DependencyGate {

    private static final int TRY_JITTER_MILLIS = 100;

    private static final int RELEASE_JITTER_MILLIS = 250;

    private final ListenerSettings settings;

    private final Dependencies dependencies;

    private final ListenerPartitions partitions;

    private final ListenerThreads threads;

    private final List<Dependency> needed;

    private final Map<String, Hold> holds = new HashMap<>();

    private final Set<String> watched = new LinkedHashSet<>();

    private volatile boolean calm = true;

    private static final class Hold {

        /** In the order in which they are tried; who was tried last comes last. */
        private final Map<TopicPartition, Long> held = new LinkedHashMap<>();

        private @Nullable TopicPartition trying;

        private int failures;

        /** Tells the timer that counts from those that came too late. */
        private long turn;
    }

    DependencyGate(
            ListenerSettings settings,
            Dependencies dependencies,
            ListenerPartitions partitions,
            ListenerThreads threads) {
        this.settings = settings;
        this.dependencies = dependencies;
        this.partitions = partitions;
        this.threads = threads;
        this.needed = settings.dependencies().stream().map(dependencies::named).toList();
    }

    /**
     * Returns a dependency of this listener that is known to be down.
     */
    @Nullable
    String closedBy() {
        for (Dependency dependency : this.needed) {
            if (dependency.isDown()) {
                return dependency.name();
            }
        }
        return null;
    }

    /**
     * A partition is paused, waiting for a dependency. To be called on its consumer's thread.
     */
    void hold(TopicPartition partition, String name, long generation) {
        Dependency dependency = this.dependencies.named(name);
        synchronized (this) {
            Trouble trouble = this.partitions.troubleOf(partition);
            if (trouble == null || trouble.generation() != generation) {
                // It went to another consumer in the meantime.
                return;
            }
            this.calm = false;
            if (this.watched.add(name)) {
                dependency.whenUp(() -> tryOne(dependency));
            }
            Hold hold = this.holds.computeIfAbsent(name, key -> new Hold());
            hold.held.put(partition, generation);
            boolean first = hold.held.size() == 1;
            leaveOthers(partition, hold);
            if (partition.equals(hold.trying)) {
                hold.trying = null;
                hold.failures++;
                tryLater(dependency, hold);
            } else if (first) {
                tryLater(dependency, hold);
            }
        }
    }

    /**
     * A partition that waits for another dependency now does not wait for the first any more; if it was that one's turn to
     * try, the others that wait with it find out for themselves.
     */
    private void leaveOthers(TopicPartition partition, Hold hold) {
        this.holds.values().removeIf(other -> {
            if (other == hold) {
                return false;
            }
            boolean tried = partition.equals(other.trying);
            leave(partition, other);
            if (tried) {
                releaseAll(other);
            }
            return tried || other.held.isEmpty();
        });
    }

    private void releaseAll(Hold hold) {
        hold.held.forEach((partition, generation) ->
                this.partitions.releaseAfter(jitter(RELEASE_JITTER_MILLIS), partition, generation));
    }

    private static void leave(TopicPartition partition, Hold hold) {
        hold.held.remove(partition);
        if (partition.equals(hold.trying)) {
            hold.trying = null;
        }
    }

    /**
     * After a pause a partition is tried, unless it is known that this is in vain: then the end of the outage will be told.
     */
    private void tryLater(Dependency dependency, Hold hold) {
        long turn = ++hold.turn;
        this.threads.schedule(this.settings.pauseAfter(hold.failures + 1), () -> {
            synchronized (this) {
                if (hold.turn != turn || this.holds.get(dependency.name()) != hold) {
                    return;
                }
                if (dependency.isDown()) {
                    tryLater(dependency, hold);
                    return;
                }
                // Its record may have gone, or the partition: then another one has its turn.
                hold.failures += (hold.trying == null) ? 0 : 1;
                tryLater(dependency, hold);
            }
            tryOne(dependency);
        });
    }

    private void tryOne(Dependency dependency) {
        TopicPartition partition;
        long generation;
        synchronized (this) {
            Hold hold = this.holds.get(dependency.name());
            if (hold == null || hold.held.isEmpty()) {
                return;
            }
            partition = hold.held.keySet().iterator().next();
            generation = Objects.requireNonNull(hold.held.remove(partition));
            hold.held.put(partition, generation);
            hold.trying = partition;
        }
        this.partitions.releaseAfter(jitter(TRY_JITTER_MILLIS), partition, generation);
    }

    /**
     * A record of a partition was handled, or failed for another reason: what the partition waited for is back.
     */
    void answered(TopicPartition partition) {
        if (!this.calm) {
            release(partition);
        }
    }

    private synchronized void release(TopicPartition partition) {
        this.holds.values().removeIf(hold -> {
            // A held partition that has handled a record was let through: now, or at an earlier try.
            if (!hold.held.containsKey(partition)) {
                return false;
            }
            hold.held.remove(partition);
            releaseAll(hold);
            return true;
        });
        this.calm = this.holds.isEmpty();
    }

    /**
     * Partitions went, or the container stopped.
     */
    synchronized void forget(Iterable<TopicPartition> gone) {
        for (TopicPartition partition : gone) {
            this.holds.values().forEach(hold -> leave(partition, hold));
        }
        this.holds.values().removeIf(hold -> hold.held.isEmpty());
        this.calm = this.holds.isEmpty();
    }

    private static Duration jitter(int millis) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextInt(millis));
    }
}
