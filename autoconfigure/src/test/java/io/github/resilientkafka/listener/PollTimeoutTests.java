package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.listener.ContainerProperties;

class PollTimeoutTests {

    @Test
    @DisplayName("P2: containers poll more often, and warn of consumers that do not respond as late as before")
    void shorter() {
        ContainerProperties properties = new ContainerProperties("orders");
        float before = properties.getNoPollThreshold() * properties.getPollTimeout();
        PollTimeout.atMost(Duration.ofMillis(250), properties);
        PollTimeout.atMost(Duration.ofMillis(25), properties);
        assertThat(properties.getPollTimeout()).isEqualTo(25);
        assertThat(properties.getNoPollThreshold() * properties.getPollTimeout())
                .isEqualTo(before);
    }

    @Test
    @DisplayName("P2: what polls often enough is left as it is")
    void shortEnough() {
        ContainerProperties properties = new ContainerProperties("orders");
        properties.setPollTimeout(100);
        float before = properties.getNoPollThreshold();
        PollTimeout.atMost(Duration.ofMillis(250), properties);
        assertThat(properties.getPollTimeout()).isEqualTo(100);
        assertThat(properties.getNoPollThreshold()).isEqualTo(before);
    }
}
