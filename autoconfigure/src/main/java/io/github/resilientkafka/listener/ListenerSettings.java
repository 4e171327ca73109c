package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Instance;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What holds for one listener: its own settings, else those for all.
 *
 * @param pause the first pause
 * @param maxPause the longest
 * @param maxAttempts attempts before a record is dead-lettered
 * @param badData what becomes of bad records
 * @param strategy where records wait that are to be tried again
 * @param dependencies what the handler needs
 * @param batch how its batches are made, if it is a batch listener
 */
record ListenerSettings(
        Duration pause,
        Duration maxPause,
        int maxAttempts,
        BadData badData,
        Strategy strategy,
        List<String> dependencies,
        Batch batch) {

    private static final double JITTER = 0.1;

    private static final Instance NOTHING = new Instance(null, null, null, null, null, null, null);

    static ListenerSettings of(ListenerProperties all, String id, boolean batchListener) {
        Instance own = all.instances().getOrDefault(id, NOTHING);
        Batch batch = (own.batch() == null) ? all.batch() : own.batch().over(all.batch());
        int maxAttempts = Objects.requireNonNullElse(own.maxAttempts(), all.maxAttempts());
        return new ListenerSettings(
                Objects.requireNonNullElse(own.pause(), all.pause()),
                Objects.requireNonNullElse(own.maxPause(), all.maxPause()),
                batchListener ? batch.flushMaxRetries() + 1 : maxAttempts,
                Objects.requireNonNullElse(own.badData(), all.badData()),
                Objects.requireNonNullElse(own.strategy(), all.strategy()),
                List.copyOf(Objects.requireNonNullElse(own.dependencies(), all.dependencies())),
                batch);
    }

    /**
     * Returns the same for records that are handled one by one.
     */
    ListenerSettings withoutCollecting() {
        return new ListenerSettings(
                this.pause,
                this.maxPause,
                this.maxAttempts,
                this.badData,
                this.strategy,
                this.dependencies,
                new Batch(false, this.batch.readBatchSize(), this.batch.flushInterval(), this.batch.flushMaxRetries()));
    }

    /**
     * Returns how long to wait after a failure: doubled each time, a tenth more or less, so that partitions and instances
     * that failed together do not come back together.
     * @param failures failures so far, 1 or more
     */
    Duration pauseAfter(int failures) {
        double millis = Math.min(
                (double) this.maxPause.toMillis(), this.pause.toMillis() * Math.pow(2, Math.min(failures, 40) - 1));
        double jittered = millis * (1 + ThreadLocalRandom.current().nextDouble(-JITTER, JITTER));
        return Duration.ofMillis(Math.min(this.maxPause.toMillis(), Math.round(jittered)));
    }

    static void check(
            String prefix, @Nullable Duration pause, @Nullable Duration maxPause, @Nullable Integer maxAttempts) {
        requirePositive(prefix + "pause", pause, "5s");
        requirePositive(prefix + "max-pause", maxPause, "5m");
        if (maxAttempts != null && maxAttempts < 1) {
            throw new ConfigurationException(
                    prefix + "max-attempts",
                    maxAttempts + " is less than 1, the first delivery",
                    "Set " + prefix + "max-attempts to 1 or more; the default is 5.");
        }
    }

    static void checkBatch(String prefix, int readBatchSize, Duration flushInterval, int flushMaxRetries) {
        if (readBatchSize < 1) {
            throw new ConfigurationException(
                    prefix + "read-batch-size",
                    readBatchSize + " is less than 1",
                    "Set " + prefix + "read-batch-size to 1 or more; the default is 100.");
        }
        if (flushMaxRetries < 0) {
            throw new ConfigurationException(
                    prefix + "flush-max-retries",
                    flushMaxRetries + " is negative",
                    "Set " + prefix + "flush-max-retries to 0 or more; the default is 3.");
        }
        requirePositive(prefix + "flush-interval", flushInterval, "1s");
    }

    private static void requirePositive(String property, @Nullable Duration value, String defaultValue) {
        if (value != null && (value.isZero() || value.isNegative())) {
            throw new ConfigurationException(
                    property,
                    value + " is not a positive duration",
                    "Set " + property + " to a positive duration; the default is " + defaultValue + ".");
        }
    }
}
