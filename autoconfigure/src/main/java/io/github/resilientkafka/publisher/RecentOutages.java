package io.github.resilientkafka.publisher;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What sends have met that looks like an outage, since Kafka last was well: what the recovery probe is to ask for, and what
 * is told as the reason. Thread-safe.
 */
final class RecentOutages {

    private static final int MAX_TOPICS = 32;

    private final Set<String> topics = ConcurrentHashMap.newKeySet();

    private volatile @Nullable Throwable last;

    private volatile boolean unexplained;

    /**
     * Notes why the circuit opens.
     */
    void note(Throwable reason) {
        this.last = reason;
    }

    /**
     * Notes what may be the first of many, and is to be looked into.
     */
    void suspect(Throwable reason) {
        note(reason);
        this.unexplained = true;
    }

    /**
     * Notes what a send has met.
     */
    void suspect(String topic, Throwable error) {
        suspect(error);
        if (this.topics.size() < MAX_TOPICS) {
            this.topics.add(topic);
        }
    }

    /**
     * Returns whether anything was suspected since the last call.
     */
    boolean takeUnexplained() {
        boolean unexplained = this.unexplained;
        this.unexplained = false;
        return unexplained;
    }

    /**
     * Forgets them: Kafka is well.
     */
    void forget() {
        this.topics.clear();
        this.last = null;
    }

    @Nullable
    Throwable last() {
        return this.last;
    }

    /**
     * Returns topics that met one.
     * @return at most 32 of them
     */
    Set<String> topics() {
        return Set.copyOf(this.topics);
    }
}
