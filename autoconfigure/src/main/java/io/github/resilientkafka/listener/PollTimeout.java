package io.github.resilientkafka.listener;

import java.time.Duration;
import org.springframework.kafka.listener.ContainerProperties;

/**
 * How long a container's polls wait for records.
 */
final class PollTimeout {

    private PollTimeout() {}

    /**
     * Has a container come round at least this often. Its warning that a consumer does not respond counts in polls, and still
     * comes after the same time.
     */
    static void atMost(Duration timeout, ContainerProperties properties) {
        long before = properties.getPollTimeout();
        long now = Math.max(1, timeout.toMillis());
        if (now < before) {
            properties.setPollTimeout(now);
            properties.setNoPollThreshold(properties.getNoPollThreshold() * before / now);
        }
    }
}
