package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.ListenerOnMocks.SOON;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.container;
import static io.github.resilientkafka.supervisor.ListenerOnMocks.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.supervisor.ListenerOnMocks.Consumers;
import io.github.resilientkafka.supervisor.ListenerOnMocks.Traps;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/**
 * One of two consumers ends their container, while the other one is at work.
 */
class CrashBesideWorkTests {

    private final ApplicationContextRunner runner = ListenerOnMocks.runner().withPropertyValues("test.concurrency=2");

    private final CountDownLatch done = new CountDownLatch(1);

    private volatile boolean broken;

    @AfterEach
    void end() {
        this.done.countDown();
    }

    private Consumers start(ApplicationContext context, Duration shutdownTimeout) {
        Consumers consumers = context.getBean(Consumers.class);
        CountDownLatch atWork = new CountDownLatch(1);
        consumers.atPoll = number -> {
            if (number == 1) {
                ListenerOnMocks.work(atWork);
                throw new TopicAuthorizationException("says the test");
            } else if (number == 2) {
                atWork.countDown();
                ListenerOnMocks.work(this.done);
                if (this.broken) {
                    throw new AssertionError("says the test");
                }
            }
        };
        container(context).getContainerProperties().setShutdownTimeout(shutdownTimeout.toMillis());
        container(context).start();
        return consumers;
    }

    @Test
    @DisplayName("g: a crash is told of at once, and the listener is started again when its other consumer is done")
    void told() {
        this.runner.run(context -> {
            Consumers consumers = start(context, Duration.ofMinutes(1));

            await().atMost(SOON).until(() -> status(context).state() == ListenerState.RESTARTING);
            assertThat(status(context).lastError()).contains("refused");
            assertThat(status(context).nextRestartAt()).isNotNull();
            Traps traps = context.getBean(Traps.class);
            await().atMost(SOON).until(() -> traps.crashes.size() == 1);
            await().during(Duration.ofSeconds(1)).atMost(SOON).until(() -> consumers.made.size() == 2);

            this.done.countDown();
            await().atMost(SOON).until(() -> status(context).restarts() == 1);
            await().atMost(SOON).until(() -> status(context).consumers() == 2);
            assertThat(consumers.made).hasSize(4);
            assertThat(traps.crashes).hasSize(1);
        });
    }

    @Test
    @DisplayName("g: a listener is started beside a consumer of it that is still at work after the shutdown time-out")
    void startedBesideWork() {
        this.runner.run(context -> {
            Consumers consumers = start(context, Duration.ofMillis(200));

            await().atMost(SOON).until(() -> status(context).restarts() == 1);

            assertThat(consumers.made).hasSize(4);
            assertThat(consumers.made.get(1).closed()).isFalse();
            await().atMost(SOON).until(() -> status(context).consumers() == 2);
            this.done.countDown();
            await("it leaves its group")
                    .atMost(SOON)
                    .until(() -> consumers.made.get(1).closed());
            assertThat(status(context).consumers()).isEqualTo(2);
            assertThat(status(context).restarts()).isEqualTo(1);
        });
    }

    @Test
    @DisplayName("g: an error that ends a consumer which was left at work does not end its successors")
    void errorOfOneLeftAtWork() {
        this.runner.run(context -> {
            Consumers consumers = start(context, Duration.ofMillis(200));
            await().atMost(SOON)
                    .until(() ->
                            status(context).consumers() == 2 && status(context).restarts() == 1);
            this.broken = true;

            this.done.countDown();

            await().atMost(SOON).until(() -> consumers.made.get(1).closed());
            await().during(Duration.ofSeconds(1))
                    .atMost(SOON)
                    .until(() -> status(context).consumers() == 2);
            assertThat(status(context).restarts()).isEqualTo(1);
            assertThat(context.getBean(Traps.class).crashes).hasSize(1);
        });
    }

    @Test
    @DisplayName("g: not if its successor would be given its partitions at once, as it has the same group.instance.id")
    void staticMember() {
        this.runner.withPropertyValues("test.static=true").run(context -> {
            Consumers consumers = start(context, Duration.ofMillis(200));

            await().atMost(SOON).until(() -> status(context).state() == ListenerState.RESTARTING);
            await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> consumers.made.size() == 2);
            assertThat(status(context).state()).isEqualTo(ListenerState.RESTARTING);

            this.done.countDown();
            await().atMost(SOON).until(() -> status(context).restarts() == 1);
        });
    }

    @Test
    @DisplayName("g: a suspended listener whose other consumer is at work stays stopped")
    void suspended() {
        this.runner.run(context -> {
            Consumers consumers = start(context, Duration.ofMillis(200));
            await().atMost(SOON).until(() -> status(context).lastError() != null);

            context.getBean(ListenerSupervisor.class).suspend(ListenerOnMocks.ID);
            int made = consumers.made.size();

            await().during(Duration.ofSeconds(1)).atMost(SOON).until(() -> consumers.made.size() == made);
            assertThat(status(context).state()).isEqualTo(ListenerState.SUSPENDED);
        });
    }
}
