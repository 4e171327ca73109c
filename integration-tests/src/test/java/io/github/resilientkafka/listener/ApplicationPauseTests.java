package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * The application pauses its containers and partitions itself, while a record fails.
 */
@Tag("unhurried")
class ApplicationPauseTests {

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    @Configuration(proxyBeanMethods = false)
    static class PausesAtOnce {

        @Bean
        ContainerCustomizer<Object, Object, ConcurrentMessageListenerContainer<Object, Object>> customizer() {
            return container -> container.getContainerProperties().setPauseImmediate(true);
        }
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(2);
        application = world.application(topic, RecordListener.class, PausesAtOnce.class)
                .start();
        handler = application.context().getBean(ScriptedHandler.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @Test
    @DisplayName("P2: a partition that the application has paused stays so when the pause for a failed record ends")
    void pausedPartition() {
        TopicPartition partition = new TopicPartition(topic, 0);
        handler.script(record -> {
            if (record.value().equals("a0-0") && handler.attempts("a0-0") == 1) {
                container().pausePartition(partition);
                throw new IllegalStateException("once");
            }
        });
        send("a", 3);

        await("our pause is over")
                .until(() -> handler.attempts("a0-0") == 1 && statusOf(0).state() == PartitionState.RUNNING);
        for (String marker : List.of("more1", "more2", "more3")) {
            world.send(topic, 1, marker);
            await("polled").until(() -> handler.handled().contains(marker));
        }
        assertThat(handler.handled("a0")).isEmpty();
        container().resumePartition(partition);
        await("resumed by the application").until(() -> handler.handled("a0").size() == 3);
        assertThat(handler.handled("a0")).containsExactly("a0-0", "a0-1", "a0-2");
    }

    @Test
    @DisplayName(
            "P2: a container that is paused at once, behind a failed record, hands over none of those behind it first")
    void pausedAtOnce() {
        handler.script(record -> {
            if (record.value().equals("b0-2") && handler.attempts("b0-2") == 1) {
                container().pause();
                throw new IllegalStateException("once");
            }
        });
        send("b", 10);

        await("its pause is over")
                .until(() -> handler.attempts("b0-2") == 1 && statusOf(0).state() == PartitionState.RUNNING);
        container().resume();
        await("all").until(() -> handler.handled("b0").size() >= 10);
        assertThat(handler.handled("b0"))
                .isEqualTo(IntStream.range(0, 10)
                        .mapToObj(number -> "b0-" + number)
                        .toList());
    }

    private static void send(String prefix, int count) {
        for (int number = 0; number < count; number++) {
            world.send(topic, 0, prefix + "0-" + number);
        }
        world.flush();
    }

    private static MessageListenerContainer container() {
        return application
                .context()
                .getBean(KafkaListenerEndpointRegistry.class)
                .getListenerContainer("orders");
    }

    private static PartitionStatus statusOf(int partition) {
        return ListenerWorld.listener(application, "orders").partitions().get(partition);
    }
}
