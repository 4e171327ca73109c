package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.ListenerOnMocks.SOON;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.container;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.supervisor.ListenerOnMocks.Consumers;
import io.github.resilientkafka.supervisor.ListenerOnMocks.Traps;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/**
 * Restarts that fail themselves.
 */
class FailedStartTests {

    private final ApplicationContextRunner runner = ListenerOnMocks.runner();

    private static void crashAtFirst(Consumers consumers) {
        consumers.atPoll = number -> {
            if (number == 1) {
                throw new TopicAuthorizationException("says the test");
            }
        };
    }

    @Test
    @DisplayName("g: a restart that an error of the JVM prevents is tried again")
    void error() {
        this.runner.run(context -> {
            Consumers consumers = context.getBean(Consumers.class);
            crashAtFirst(consumers);
            consumers.atCreation = number -> {
                if (number == 2) {
                    throw new NoClassDefFoundError("says the test");
                }
            };

            container(context).start();

            await().atMost(SOON).until(() -> status(context).restarts() == 1);
            assertThat(consumers.made).hasSize(2);
            assertThat(status(context).lastError()).contains("could not be started", "NoClassDefFoundError");
        });
    }

    @Test
    @DisplayName("g: a consumer that cannot be replaced at once is tried again; its sibling goes on")
    void replacement() {
        this.runner.withPropertyValues("test.concurrency=2").run(context -> {
            Consumers consumers = context.getBean(Consumers.class);
            consumers.atCreation = number -> {
                if (number == 3 || number == 4) {
                    throw new KafkaException("No resolvable bootstrap urls, says the test");
                }
            };
            AtomicBoolean trapped = new AtomicBoolean();
            context.getBean(Traps.class).atStart = () -> {
                if (trapped.compareAndSet(false, true)) {
                    throw new IllegalStateException("says the test");
                }
            };

            container(context).start();

            await().atMost(SOON).until(() -> status(context).restarts() == 1);
            assertThat(consumers.made).hasSize(3);
            await().atMost(SOON).until(() -> status(context).consumers() == 2);
            assertThat(status(context).lastError()).contains("could not be started", "bootstrap urls");
            assertThat(consumers.open()).isEqualTo(2);
        });
    }

    @Test
    @DisplayName(
            "g: a container that a failed start of the application's has left running without consumers is restarted")
    void withoutConsumers() {
        this.runner.run(context -> {
            Consumers consumers = context.getBean(Consumers.class);
            consumers.atCreation = number -> {
                if (number == 1) {
                    throw new KafkaException("No resolvable bootstrap urls, says the test");
                }
            };
            container(context).getContainerProperties().setConsumerStartTimeout(Duration.ofMillis(100));
            assertThatThrownBy(container(context)::start)
                    .hasMessageContaining("No resolvable bootstrap urls, says the test");
            assertThat(container(context).isRunning()).isTrue();

            await().atMost(SOON).until(() -> status(context).consumers() == 1);
            assertThat(status(context).restarts()).isEqualTo(1);
        });
    }

    @Test
    @DisplayName("g: an application's event listener that throws when a listener has stopped does not cost its restart")
    void throwingEventListener() {
        this.runner.run(context -> {
            Consumers consumers = context.getBean(Consumers.class);
            crashAtFirst(consumers);
            context.getBean(Traps.class).atEnd = () -> {
                throw new IllegalStateException("says the test");
            };

            container(context).start();

            await().atMost(SOON).until(() -> status(context).restarts() == 1);
            assertThat(consumers.made).hasSize(2);
        });
    }
}
