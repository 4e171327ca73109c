package io.github.resilientkafka.publisher;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * Tells slow acknowledgements that say that Kafka <em>is</em> slow from those that say that it stood still for a moment.
 * <p>
 * When a partition gets a new leader, everything that waited for it meanwhile is acknowledged at once, late. Counted one by
 * one, these are hundreds of slow calls in a row, and open the circuit in the very moment in which all is well again. So
 * what was on its way already when the first late answer of its partition came belongs to the same pause, and a pause counts
 * once, over all partitions. What was sent after that and is slow again is news, every time. Thread-safe.
 */
final class SlowAnswers {

    private final long slowNanos;

    private final Map<TopicPartition, Pause> pauses = new HashMap<>();

    private boolean anyCounted;

    private long lastCountedNanos;

    private static final class Pause {

        private final long endNanos;

        private long lastAnswerNanos;

        Pause(long endNanos) {
            this.endNanos = endNanos;
            this.lastAnswerNanos = endNanos;
        }
    }

    /**
     * Starts with nothing seen.
     * @param slowNanos what takes longer is slow; a partition without a slow answer for as long begins anew
     */
    SlowAnswers(long slowNanos) {
        this.slowNanos = slowNanos;
    }

    boolean isSlow(long nanos) {
        return nanos > this.slowNanos;
    }

    /**
     * Takes note of a slow acknowledgement, and returns whether it counts.
     * @param partition where the record went
     * @param sentNanos when it was sent
     * @param nowNanos when it was acknowledged
     */
    synchronized boolean isNews(TopicPartition partition, long sentNanos, long nowNanos) {
        Pause pause = this.pauses.get(partition);
        if (pause == null || nowNanos - pause.lastAnswerNanos > this.slowNanos) {
            this.pauses.values().removeIf(other -> nowNanos - other.lastAnswerNanos > this.slowNanos);
            pause = new Pause(nowNanos);
            this.pauses.put(partition, pause);
        }
        pause.lastAnswerNanos = nowNanos;
        boolean afterPause = sentNanos - pause.endNanos > 0;
        boolean afterLastCounted = !this.anyCounted || sentNanos - this.lastCountedNanos > 0;
        if (afterPause || afterLastCounted) {
            this.anyCounted = true;
            this.lastCountedNanos = nowNanos;
            return true;
        }
        return false;
    }
}
