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
import org.springframework.kafka.listener.MessageListenerContainer;

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
    void start() {
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
    }

    private void awaitPendingRestart() {
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
    @DisplayName(
            "g: while a restart is pending, a registry that is stopped keeps its listeners stopped, and the application"
                    + " closes at once, and cleanly")
    void stopped() {
        KafkaListenerEndpointRegistry registry =
                this.application.context().getBean(KafkaListenerEndpointRegistry.class);
        MessageListenerContainer container = registry.getListenerContainer(ORDERS);
        awaitPendingRestart();
        registry.stop();

        await().atMost(SOON)
                .until(() -> this.supervisor.status(ORDERS).orElseThrow().state() == ListenerState.STOPPED);
        await("stays stopped").during(Duration.ofSeconds(2)).atMost(SOON).until(() -> !container.isRunning());

        registry.start();
        awaitPendingRestart();
        Instant before = Instant.now();
        this.application.close();

        assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(8));
        assertThat(container.isRunning()).isFalse();
        await("no thread is left").atMost(SOON).until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("resilient-kafka-supervisor")));
    }
}
