package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How stored events are brought back to Kafka.
 *
 * @param enabled Whether this instance brings stored events back to Kafka.
 * @param interval How often due events are looked for, besides whenever Kafka comes back.
 * @param maxAttempts Failed retries after which an event that Kafka refuses for itself is dead-lettered. Outages do not
 * count.
 * @param backoff Waiting times before the first retry, after the first failed one and so on; the last one repeats.
 * @param batchSize Rows sent and settled together at most.
 * @param concurrency Worker threads of this instance.
 * @param lease How long a worker may hold its lanes without renewing them.
 * @param retention How long events are kept after Kafka has acknowledged them; zero deletes them at once.
 */
@ConfigurationProperties("resilient-kafka.retry")
public record RetryProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("1m") Duration interval,
        @DefaultValue("3") int maxAttempts,
        @DefaultValue("1m,5m,15m,60m") List<Duration> backoff,
        @DefaultValue("1000") int batchSize,
        @DefaultValue("2") int concurrency,
        @DefaultValue("30s") Duration lease,
        @DefaultValue("7d") Duration retention) {

    private static final String PREFIX = "resilient-kafka.retry.";

    public RetryProperties {
        require(interval.toMillis() > 0, "interval", interval, "a positive duration", "1m");
        require(maxAttempts > 0, "max-attempts", maxAttempts, "1 or more", "3");
        require(
                !backoff.isEmpty() && backoff.stream().allMatch(pause -> pause.toMillis() > 0),
                "backoff",
                backoff,
                "a list of positive durations",
                "1m,5m,15m,60m");
        require(batchSize > 0 && batchSize <= 10_000, "batch-size", batchSize, "from 1 to 10000", "1000");
        require(concurrency > 0 && concurrency <= 64, "concurrency", concurrency, "from 1 to 64", "2");
        require(lease.toSeconds() >= 1, "lease", lease, "1s or more", "30s");
        require(!retention.isNegative(), "retention", retention, "zero or a positive duration", "7d");
        backoff = List.copyOf(backoff);
    }

    private static void require(boolean valid, String name, Object value, String wanted, String defaultValue) {
        if (!valid) {
            throw new ConfigurationException(
                    PREFIX + name,
                    value + " is not " + wanted,
                    "Set " + PREFIX + name + " to " + wanted + "; the default is " + defaultValue + ".");
        }
    }
}
