package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Topics that Kafka has lately refused (unknown, not authorised), so that callers do not block on each of them again:
 * a missing topic costs {@code max.block.ms} to find out. Thread-safe. Internal.
 */
public final class RefusedTopics {

    private static final long MEMORY_NANOS = Duration.ofSeconds(30).toNanos();

    private static final int MAX_TOPICS = 1_000;

    private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();

    private record Refusal(Throwable error, long untilNanos) {}

    RefusedTopics() {}

    @Nullable
    Throwable refusalOf(String topic) {
        if (this.refusals.isEmpty()) {
            return null;
        }
        Refusal refusal = this.refusals.get(topic);
        if (refusal == null) {
            return null;
        }
        if (refusal.untilNanos() - System.nanoTime() <= 0) {
            this.refusals.remove(topic, refusal);
            return null;
        }
        return refusal.error();
    }

    /**
     * Remembers a refusal, unless one is remembered already: its time runs from the first.
     */
    void add(String topic, Throwable error) {
        if (this.refusals.size() < MAX_TOPICS) {
            this.refusals.putIfAbsent(topic, new Refusal(error, System.nanoTime() + MEMORY_NANOS));
        }
    }

    /**
     * Forgets a topic: Kafka takes its records again.
     * @param topic the topic
     */
    public void forget(String topic) {
        if (!this.refusals.isEmpty()) {
            this.refusals.remove(topic);
        }
    }
}
