package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How listeners are started, and started again.
 *
 * @param failFast Whether the application's start fails when a listener cannot run.
 * @param startTimeout How long listeners may take to join their groups until that is told, or fails the start.
 * @param supervisor Restarts of listeners that stop by themselves.
 */
@ConfigurationProperties("resilient-kafka.listener")
record SupervisorProperties(
        @DefaultValue("false") boolean failFast,
        @DefaultValue("30s") Duration startTimeout,
        @DefaultValue Supervisor supervisor) {

    private static final String PREFIX = "resilient-kafka.listener.";

    /**
     * Restarts of listeners that stop by themselves.
     *
     * @param enabled Whether listeners that stop by themselves are started again.
     * @param backoff Longest wait before the first restart; doubled each time, until the listener gets on.
     * @param maxBackoff Longest wait before a restart.
     * @param fencedBackoff Longest wait before a restart when another consumer has the same group.instance.id; at least half of it.
     * @param maxOomRestarts Restarts within the window after an OutOfMemoryError, or another error of the JVM itself; then the listener is given up.
     * @param oomWindow Time within which these restarts are counted.
     * @param breakLiveness Whether the liveness of the application is broken when a listener is given up.
     */
    record Supervisor(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("1s") Duration backoff,
            @DefaultValue("10s") Duration maxBackoff,
            @DefaultValue("1m") Duration fencedBackoff,
            @DefaultValue("3") int maxOomRestarts,
            @DefaultValue("10m") Duration oomWindow,
            @DefaultValue("true") boolean breakLiveness) {

        Supervisor {
            requirePositive("supervisor.backoff", backoff, "1s");
            requirePositive("supervisor.max-backoff", maxBackoff, "10s");
            requirePositive("supervisor.fenced-backoff", fencedBackoff, "1m");
            requirePositive("supervisor.oom-window", oomWindow, "10m");
            if (maxOomRestarts < 0) {
                throw new ConfigurationException(
                        PREFIX + "supervisor.max-oom-restarts",
                        maxOomRestarts + " is negative",
                        "Set " + PREFIX + "supervisor.max-oom-restarts to 0 or more; the default is 3.");
            }
        }
    }

    SupervisorProperties {
        requirePositive("start-timeout", startTimeout, "30s");
    }

    private static void requirePositive(String name, Duration value, String defaultValue) {
        if (value.isZero() || value.isNegative()) {
            throw new ConfigurationException(
                    PREFIX + name,
                    value + " is not a positive duration",
                    "Set " + PREFIX + name + " to a positive duration; the default is " + defaultValue + ".");
        }
    }
}
