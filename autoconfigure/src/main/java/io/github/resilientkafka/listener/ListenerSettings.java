package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Instance;
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
 * @param dependencies what the handler needs
 */
record ListenerSettings(
        Duration pause, Duration maxPause, int maxAttempts, BadData badData, List<String> dependencies) {

    private static final double JITTER = 0.1;

    static ListenerSettings of(ListenerProperties all, String id) {
        Instance own = all.instances().get(id);
        if (own == null) {
            return new ListenerSettings(
                    all.pause(), all.maxPause(), all.maxAttempts(), all.badData(), all.dependencies());
        }
        Duration pause = Objects.requireNonNullElse(own.pause(), all.pause());
        return new ListenerSettings(
                pause,
                Objects.requireNonNullElse(own.maxPause(), all.maxPause()),
                Objects.requireNonNullElse(own.maxAttempts(), all.maxAttempts()),
                Objects.requireNonNullElse(own.badData(), all.badData()),
                List.copyOf(Objects.requireNonNullElse(own.dependencies(), all.dependencies())));
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

    private static void requirePositive(String property, @Nullable Duration value, String defaultValue) {
        if (value != null && (value.isZero() || value.isNegative())) {
            throw new ConfigurationException(
                    property,
                    value + " is not a positive duration",
                    "Set " + property + " to a positive duration; the default is " + defaultValue + ".");
        }
    }
}
