package io.github.resilientkafka.actuate;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The health of listeners.
 *
 * @param degradedAfter How long partitions may be paused, or listeners may take to join their groups, until component kafkaListeners is DEGRADED.
 */
@ConfigurationProperties("resilient-kafka.health.listeners")
record ListenersHealthProperties(@DefaultValue("1m") Duration degradedAfter) {

    private static final String DEGRADED_AFTER = "resilient-kafka.health.listeners.degraded-after";

    ListenersHealthProperties {
        if (degradedAfter.isZero() || degradedAfter.isNegative()) {
            throw new ConfigurationException(
                    DEGRADED_AFTER,
                    degradedAfter + " is not a positive duration",
                    "Set " + DEGRADED_AFTER + " to a positive duration; the default is 1m.");
        }
    }
}
