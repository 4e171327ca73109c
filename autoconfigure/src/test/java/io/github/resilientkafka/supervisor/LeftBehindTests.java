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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * What consumers hold that their threads cannot give back any more.
 */
class LeftBehindTests {

    private final ApplicationContextRunner runner = ListenerOnMocks.runner();

    private static long monitors() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("ThreadPoolTaskScheduler"))
                .count();
    }

    @Test
    @DisplayName("g: threads that die before they are given partitions leave no client and no thread behind")
    void deadThreads() {
        this.runner.run(context -> {
            Consumers consumers = context.getBean(Consumers.class);
            context.getBean(Traps.class).atStart = () -> {
                throw new IllegalStateException("says the test");
            };
            long monitorsBefore = monitors();

            container(context).start();

            await().atMost(SOON).until(() -> consumers.made.size() >= 6);
            await().atMost(SOON).until(() -> consumers.open() <= 1);
            await().atMost(SOON).until(() -> monitors() <= monitorsBefore + 1);
            container(context).stop();
            await().atMost(SOON).until(() -> consumers.open() == 0);
            await().atMost(SOON).until(() -> monitors() == monitorsBefore);
        });
    }

    @Test
    @DisplayName("g: a consumer that waits for a thread is told of, and no other is made beside it")
    void withoutThread() {
        this.runner.run(context -> {
            Consumers consumers = context.getBean(Consumers.class);
            CountDownLatch end = new CountDownLatch(1);
            ThreadPoolTaskExecutor one = new ThreadPoolTaskExecutor();
            one.setCorePoolSize(1);
            one.initialize();
            one.execute(() -> ListenerOnMocks.work(end));
            ConcurrentMessageListenerContainer<Object, Object> container = container(context);
            container.getContainerProperties().setListenerTaskExecutor(one);
            container.getContainerProperties().setConsumerStartTimeout(Duration.ofMillis(100));
            container.getContainerProperties().setShutdownTimeout(100);

            container.start();

            await().atMost(SOON)
                    .until(() -> String.valueOf(status(context).lastError()).contains("no thread"));
            assertThat(status(context).healthy()).isFalse();
            await().during(Duration.ofSeconds(2)).atMost(SOON).until(() -> consumers.made.size() == 1);
            end.countDown();
            await().atMost(SOON).until(() -> status(context).consumers() == 1);
            assertThat(consumers.made).hasSize(1);
            assertThat(status(context).restarts()).isZero();
            one.shutdown();
        });
    }
}
