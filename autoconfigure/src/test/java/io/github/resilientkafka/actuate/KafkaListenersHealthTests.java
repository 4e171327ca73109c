package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.actuate.StubSupervisor.NOW;
import static io.github.resilientkafka.actuate.StubSupervisor.disconnected;
import static io.github.resilientkafka.actuate.StubSupervisor.listener;
import static io.github.resilientkafka.actuate.StubSupervisor.partition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Health of the listeners (rows P1, P4, H9).
 */
class KafkaListenersHealthTests {

    private static final Duration LONG = Duration.ofMinutes(2);

    private static final Duration SHORT = Duration.ofSeconds(10);

    private final StubSupervisor supervisor = new StubSupervisor();

    private HealthReport check(ListenerStatus... listeners) {
        return new KafkaListenersHealth(
                        this.supervisor.with(listeners), Clock.fixed(NOW, ZoneOffset.UTC), Duration.ofMinutes(1))
                .check();
    }

    @Test
    void whenThereAreNoListenersThenUp() {
        assertThat(check().status()).isEqualTo("UP");
    }

    @Test
    void whenAllRunThenUpWithEachOfThem() {
        HealthReport report = check(
                listener("a", ListenerState.RUNNING, partition(0, PartitionState.RUNNING, LONG)),
                listener("b", ListenerState.RUNNING));
        assertThat(report.status()).isEqualTo("UP");
        assertThat(report.details())
                .extractingByKey("listeners", MAP)
                .containsOnlyKeys("a", "b")
                .extractingByKey("a", MAP)
                .containsEntry("state", "RUNNING")
                .containsEntry("healthy", true)
                .containsEntry("ready", true)
                .containsEntry("assignedPartitions", 1)
                .containsEntry("pausedPartitions", 0L)
                .doesNotContainKeys("partitions", "lastError", "nextRestartAt");
    }

    @ParameterizedTest
    @EnumSource(names = {"BACKOFF", "HELD", "DEAD_LETTER_BLOCKED"})
    void whenAPartitionIsPausedThenUpWithTheReasonAndDegradedOnlyAfterAWhile(PartitionState state) {
        HealthReport report = check(listener("a", ListenerState.RUNNING, partition(3, state, SHORT)));
        assertThat(report.status()).isEqualTo("UP");
        assertThat(report.details())
                .extractingByKey("listeners", MAP)
                .extractingByKey("a", MAP)
                .extractingByKey("partitions", MAP)
                .extractingByKey("orders-3", MAP)
                .containsEntry("state", state.name())
                .containsEntry("reason", "because")
                .containsEntry("since", NOW.minus(SHORT))
                .containsEntry("offset", 7L);
        assertThat(check(listener("a", ListenerState.RUNNING, partition(3, state, LONG)))
                        .status())
                .isEqualTo("DEGRADED");
    }

    @Test
    void whenAConsumerHasNoConnectionThenDegradedAndSaysSo() {
        HealthReport report = check(listener("a", ListenerState.RUNNING), disconnected("b"));
        assertThat(report.status()).isEqualTo("DEGRADED");
        assertThat(report.details())
                .extractingByKey("listeners", MAP)
                .extractingByKey("b", MAP)
                .containsEntry("connected", false);
        assertThat(report.details())
                .extractingByKey("listeners", MAP)
                .extractingByKey("a", MAP)
                .doesNotContainKey("connected");
    }

    @Test
    void whenAListenerRestartsThenDegradedAndDownOnceItGetsNowhere() {
        assertThat(check(listener("a", ListenerState.RESTARTING, 1, "broken", NOW))
                        .status())
                .isEqualTo("DEGRADED");
        assertThat(check(listener("a", ListenerState.STARTING, 2, "broken", NOW))
                        .status())
                .isEqualTo("DEGRADED");
        HealthReport report = check(listener("a", ListenerState.RESTARTING, 3, "password=secret", NOW));
        assertThat(report.status()).isEqualTo("DOWN");
        assertThat(report.details())
                .extractingByKey("listeners", MAP)
                .extractingByKey("a", MAP)
                .containsEntry("lastError", "password=******")
                .containsEntry("nextRestartAt", NOW.plusSeconds(3));
    }

    @Test
    void whenAListenerGaveUpThenDown() {
        assertThat(check(listener("a", ListenerState.RUNNING), listener("b", ListenerState.GAVE_UP))
                        .status())
                .isEqualTo("DOWN");
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_STARTED", "STOPPING", "STOPPED", "SUSPENDED"})
    void whenAListenerIsStoppedOnPurposeThenUp(ListenerState state) {
        assertThat(check(listener("a", state, 5, "before", NOW)).status()).isEqualTo("UP");
    }

    @Test
    void whenAListenerTakesLongToJoinItsGroupThenDegradedNotDown() {
        assertThat(check(listener("a", ListenerState.STARTING, 0, null, NOW.minus(SHORT)))
                        .status())
                .isEqualTo("UP");
        assertThat(check(listener("a", ListenerState.STARTING, 0, null, NOW.minus(LONG)))
                        .status())
                .isEqualTo("DEGRADED");
    }
}
