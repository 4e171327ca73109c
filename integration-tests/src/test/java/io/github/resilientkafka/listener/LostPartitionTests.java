package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * A listener with two consumers. One is in its handler for longer than max.poll.interval.ms, so that its partition goes to
 * the other one, and learns of that when its handler fails at last.
 */
@Tag("unhurried")
class LostPartitionTests {

    private static final Queue<TopicPartition> lost = new ConcurrentLinkedQueue<>();

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    @Configuration(proxyBeanMethods = false)
    static class Losses {

        @Bean
        ContainerCustomizer<Object, Object, ConcurrentMessageListenerContainer<Object, Object>> customizer() {
            return container -> container
                    .getContainerProperties()
                    .setConsumerRebalanceListener(new ConsumerAwareRebalanceListener() {

                        @Override
                        public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
                            lost.addAll(partitions);
                        }
                    });
        }
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(2);
        application = world.application(topic, RecordListener.class, Losses.class)
                .with("spring.kafka.listener.concurrency", 2)
                .with("spring.kafka.consumer.heartbeat-interval", "200ms")
                .with("spring.kafka.consumer.properties.max.poll.interval.ms", 3_000)
                .with("resilient-kafka.listener.pause", "1s")
                .with("resilient-kafka.listener.max-pause", "1s")
                .with("resilient-kafka.listener.max-attempts", "100")
                .start();
        handler = application.context().getBean(ScriptedHandler.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @Test
    @DisplayName(
            "P9, D5: a partition that another consumer of the listener was given is its own: what the one says that has"
                    + " lost it ends no pause, counts no attempt, gives up no record; nothing lost, nothing stuck")
    void takenOver() {
        CountDownLatch longTask = new CountDownLatch(1);
        AtomicBoolean taken = new AtomicBoolean();
        AtomicBoolean healed = new AtomicBoolean();
        handler.script(record -> {
            if (record.value().equals("0-0") && taken.compareAndSet(false, true)) {
                await("let go").atMost(Duration.ofMinutes(1)).until(() -> longTask.getCount() == 0);
                throw new BadDataException("too late to say so");
            }
            if (record.value().equals("0-0") && !healed.get()) {
                throw new IllegalStateException("not yet");
            }
        });
        await("one partition each").atMost(Duration.ofSeconds(20)).until(() -> consumersWith(1) == 2);
        send(0, "0-0", "0-1", "0-2");
        await("taken over, and paused there")
                .atMost(Duration.ofSeconds(20))
                .until(() -> consumersWith(2) == 1 && waiting().attempts() == 1);
        assertThat(partitions()).hasSize(2);
        send(1, "1-0", "1-1");
        await("the other partition goes on").until(() -> handler.handled("1-").size() == 2);

        longTask.countDown();
        await("the old one has learned it")
                .atMost(Duration.ofSeconds(20))
                .until(() -> lost.contains(new TopicPartition(topic, 0)));
        await("and has got a partition again").atMost(Duration.ofSeconds(20)).until(() -> consumersWith(1) == 2);
        int deliveries = handler.attempts("0-0");
        await("tried again").atMost(Duration.ofSeconds(10)).until(() -> handler.attempts("0-0") >= deliveries + 1);
        await("all attempts but the one that came too late were counted")
                .until(() -> waiting().attempts() == handler.attempts("0-0") - 1);
        assertThat(partitions()).hasSize(2);
        assertThat(handler.handled("0-")).isEmpty();

        healed.set(true);
        await("goes on").atMost(Duration.ofSeconds(10)).until(() -> world.committed(topic, topic, 0) == 3);
        assertThat(handler.handled("0-")).containsExactly("0-0", "0-1", "0-2");
        assertThat(partitions()).allMatch(partition -> partition.state() == PartitionState.RUNNING);
        assertThat(world.committed(topic, topic, 1)).isEqualTo(2);
        assertThat(world.exists(topic + ".dlq")).as("a dead letter").isFalse();
    }

    private static void send(int partition, String... values) {
        for (String value : values) {
            world.send(topic, partition, value);
        }
        world.flush();
    }

    private static List<PartitionStatus> partitions() {
        return listener().partitions();
    }

    private static ResilientListener listener() {
        return ListenerWorld.listener(application, "orders");
    }

    /** Where the first partition stands. */
    private static PartitionStatus waiting() {
        return partitions().stream()
                .filter(partition -> partition.partition() == 0)
                .findFirst()
                .orElseThrow();
    }

    /** How many consumers believe that they have so many partitions. */
    private static long consumersWith(int number) {
        return ((ConcurrentMessageListenerContainer<?, ?>) listener().container())
                .getContainers().stream()
                        .map(part -> Objects.requireNonNullElse(part.getAssignedPartitions(), List.of()))
                        .filter(assigned -> assigned.size() == number)
                        .count();
    }
}
