package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.SupervisedListeners.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import java.time.Duration;
import java.time.Instant;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/**
 * Who stops while a restart is pending.
 */
@Tag("unhurried")
class StopDuringRestartTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final SupervisorWorld world = new SupervisorWorld(1);

    private TestApplication application;

    private ListenerSupervisor supervisor;

    @BeforeEach
    void startAndDie() {
        this.application = this.world
                .application(SupervisedListeners.class)
                .with("resilient-kafka.listener.supervisor.backoff", "2s")
                .with("resilient-kafka.listener.supervisor.max-backoff", "2s")
                .start();
        this.supervisor = this.application.context().getBean(ListenerSupervisor.class);
        assertThat(this.supervisor.awaitReady(ORDERS, SOON)).isTrue();
        this.application.context().getBean("orders", Scripted.class).script(value -> {
            throw new ServiceConfigurationError("broken");
        });
        this.world.send(this.world.topic, 0, "deadly");
        await("a restart that is some time away")
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    ListenerStatus status = this.supervisor.status(ORDERS).orElseThrow();
                    return status.nextRestartAt() != null
                            && status.nextRestartAt().isAfter(Instant.now().plusMillis(500));
                });
    }

    @AfterEach
    void close() {
        this.application.close();
        this.world.close();
    }

    @Test
    @DisplayName("g: a registry that is stopped while a restart is pending keeps its listeners stopped")
    void registryStopped() {
        KafkaListenerEndpointRegistry registry =
                this.application.context().getBean(KafkaListenerEndpointRegistry.class);
        registry.stop();

        await().atMost(SOON)
                .until(() -> this.supervisor.status(ORDERS).orElseThrow().state() == ListenerState.STOPPED);
        long restarts = this.supervisor.status(ORDERS).orElseThrow().restarts();
        await("stays stopped").during(Duration.ofSeconds(2)).atMost(SOON).until(() -> !registry.getListenerContainer(
                        ORDERS)
                .isRunning());
        assertThat(this.supervisor.status(ORDERS).orElseThrow().restarts()).isEqualTo(restarts);
    }

    @Test
    @DisplayName("g: the application closes at once, and cleanly, while a restart is pending")
    void closed() {
        Instant before = Instant.now();
        var container = this.application
                .context()
                .getBean(KafkaListenerEndpointRegistry.class)
                .getListenerContainer(ORDERS);
        this.application.close();

        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(8));
        await("no thread is left").atMost(SOON).until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("resilient-kafka-supervisor")));
        assertThat(container.isRunning()).isFalse();
    }
}
