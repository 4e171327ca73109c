package io.github.resilientkafka.actuate;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The health of listeners.
 *
 * @param degradedAfter How long partitions may be paused, or listeners may take to join their groups, until component kafkaListeners is DEGRADED.
 */
@ConfigurationProperties("resilient-kafka.health.listeners")
record ListenersHealthProperties(@DefaultValue("1m") Duration degradedAfter) {}
