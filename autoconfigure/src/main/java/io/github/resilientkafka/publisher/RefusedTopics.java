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

    private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long MAX_NANOS = Duration.ofSeconds(30).toNanos();

    private static final int MAX_TOPICS = 1_000;

    private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();

    private record Refusal(Throwable error, long memoryNanos, long untilNanos) {

        boolean isOver() {
            return this.untilNanos - System.nanoTime() <= 0;
        }
    }

    RefusedTopics() {}

    @Nullable
    Throwable refusalOf(String topic) {
        if (this.refusals.isEmpty()) {
            return null;
        }
        Refusal refusal = this.refusals.get(topic);
        return (refusal == null || refusal.isOver()) ? null : refusal.error();
    }

    /**
     * Remembers a refusal: for a second, so that a topic which is being created is soon tried again, and for twice as
     * long each time it is refused after that. One that is remembered runs on as it is.
     */
    void add(String topic, Throwable error) {
        if (this.refusals.size() >= MAX_TOPICS) {
            this.refusals.values().removeIf(Refusal::isOver);
        }
        this.refusals.compute(topic, (name, before) -> {
            if (before != null && !before.isOver()) {
                return before;
            }
            long memory = (before == null) ? FIRST_NANOS : Math.min(MAX_NANOS, 2 * before.memoryNanos());
            return new Refusal(error, memory, System.nanoTime() + memory);
        });
    }

    /**
     * Returns whether no refusal is remembered.
     * @return true almost always
     */
    public boolean isEmpty() {
        return this.refusals.isEmpty();
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
