package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.ListenerOnMocks.ID;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.SOON;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.container;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.supervisor.ListenerOnMocks.Consumers;
import java.time.Duration;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ApplicationAvailabilityBean;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;

/**
 * Listeners that the application takes out of their registry.
 */
class UnregisteredListenerTests {

    private final ApplicationContextRunner runner = ListenerOnMocks.runner();

    @Test
    @DisplayName("g: a listener that is unregistered while it waits for its restart is not started again")
    void waitsForItsRestart() {
        this.runner
                .withPropertyValues(
                        "resilient-kafka.listener.supervisor.backoff=3s",
                        "resilient-kafka.listener.supervisor.max-backoff=3s")
                .run(context -> {
                    Consumers consumers = context.getBean(Consumers.class);
                    consumers.atPoll = number -> {
                        throw new TopicAuthorizationException("says the test");
                    };
                    ConcurrentMessageListenerContainer<Object, Object> container = container(context);
                    container.start();
                    await().atMost(SOON).until(() -> status(context).nextRestartAt() != null);
                    int made = consumers.made.size();

                    context.getBean(KafkaListenerEndpointRegistry.class).unregisterListenerContainer(ID);

                    await().during(Duration.ofSeconds(4)).atMost(SOON).until(() -> consumers.made.size() == made);
                    assertThat(context.getBean(ListenerSupervisor.class).status())
                            .isEmpty();
                    assertThat(container.isRunning()).isFalse();
                });
    }

    @Test
    @DisplayName("g: a listener that is not there any more no longer breaks the application's liveness")
    void liveness() {
        this.runner
                .withPropertyValues("resilient-kafka.listener.supervisor.max-oom-restarts=0")
                .withBean(ApplicationAvailabilityBean.class)
                .run(context -> {
                    context.getBean(Consumers.class).atPoll = number -> {
                        throw new OutOfMemoryError("says the test");
                    };
                    ApplicationAvailability availability = context.getBean(ApplicationAvailability.class);
                    container(context).start();
                    await().atMost(SOON).until(() -> availability.getLivenessState() == LivenessState.BROKEN);

                    context.getBean(KafkaListenerEndpointRegistry.class).unregisterListenerContainer(ID);

                    await().atMost(SOON).until(() -> availability.getLivenessState() == LivenessState.CORRECT);
                });
    }
}
