package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns before it is too late where handlers take so long that Kafka will take a consumer's partitions away: it has to ask for
 * records again within {@code max.poll.interval.ms}. Thread-safe.
 */
final class PollBudget {

    private static final Logger logger = LoggerFactory.getLogger(PollBudget.class);

    private static final long DEFAULT_MILLIS = 300_000;

    private static final double WARN_FROM = 0.5;

    private static final long QUIET_NANOS = Duration.ofMinutes(10).toNanos();

    private final String listener;

    private final long budgetMillis;

    private final long warnNanos;

    private final ThreadLocal<@Nullable Long> began = new ThreadLocal<>();

    private final AtomicLong warned = new AtomicLong(System.nanoTime() - QUIET_NANOS);

    PollBudget(String listener, Map<String, Object> consumerSettings) {
        this.listener = listener;
        Object interval = consumerSettings.get(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG);
        this.budgetMillis = (interval == null) ? DEFAULT_MILLIS : Long.parseLong(String.valueOf(interval));
        this.warnNanos = (long) (Duration.ofMillis(this.budgetMillis).toNanos() * WARN_FROM);
    }

    /**
     * To be called on a consumer's thread before each poll.
     */
    void begins() {
        this.began.set(System.nanoTime());
    }

    /**
     * To be called when what was polled is handled.
     */
    void ends() {
        Long before = this.began.get();
        this.began.remove();
        long now = System.nanoTime();
        if (before != null && now - before >= this.warnNanos) {
            slow(now - before, now);
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
