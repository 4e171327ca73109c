package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns before it is too late where handlers take so long that Kafka will take a consumer's partitions away: it has to ask for
 * records again within {@code max.poll.interval.ms}. Thread-safe.
 */
final class PollBudget {

    private static final Logger logger = LoggerFactory.getLogger(PollBudget.class);

    private static final double WARN_FROM = 0.5;

    private static final long QUIET_NANOS = Duration.ofMinutes(10).toNanos();

    private final String listener;

    private final long budgetMillis;

    private final long warnNanos;

    private final ThreadLocal<@Nullable Poll> last = new ThreadLocal<>();

    private final AtomicLong warned = new AtomicLong(System.nanoTime() - QUIET_NANOS);

    /**
     * A thread may serve several consumers, one after the other.
     */
    private record Poll(Consumer<?, ?> consumer, long nanos) {}

    PollBudget(String listener, Duration maxPollInterval) {
        this.listener = listener;
        this.budgetMillis = maxPollInterval.toMillis();
        this.warnNanos = (long) (maxPollInterval.toNanos() * WARN_FROM);
    }

    /**
     * To be called on a consumer's thread before each poll.
     */
    void polls(Consumer<?, ?> consumer) {
        Poll before = this.last.get();
        long now = System.nanoTime();
        this.last.set(new Poll(consumer, now));
        if (before != null && before.consumer() == consumer && now - before.nanos() >= this.warnNanos) {
            slow(now - before.nanos(), now);
        }
    }

    private void slow(long nanos, long now) {
        long before = this.warned.get();
        if (now - before >= QUIET_NANOS && this.warned.compareAndSet(before, now)) {
            logger.warn(
                    "Listener {}: {} ms passed between two polls, of {} ms that Kafka allows (max.poll.interval.ms) before it"
                            + " gives its partitions to others: make its handler faster, lower"
                            + " spring.kafka.consumer.max-poll-records, or raise"
                            + " spring.kafka.consumer.properties.max.poll.interval.ms",
                    this.listener,
                    Duration.ofNanos(nanos).toMillis(),
                    this.budgetMillis);
        }
    }
}
