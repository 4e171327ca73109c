package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.supervisor.ListenerStatus;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import io.github.resilientkafka.testing.LocalKafka;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.TopicPartition;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.DefaultErrorHandler;

/**
 * Listeners that name their partitions: no group gives them any, and no rebalance tells of them.
 */
class HandAssignedTests {

    private static final String SINGLE = "single";

    private static final String COLLECTING = "collecting";

    private static final String FOREIGN = "foreign";

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static Listeners listeners;

    /**
     * An application whose listeners name their partitions.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @Bean
        Listeners listeners() {
            return new Listeners();
        }

        /** With an error handler of its own. */
        @Bean
        ConcurrentKafkaListenerContainerFactory<Object, Object> foreignFactory(
                ConsumerFactory<Object, Object> consumers) {
            ConcurrentKafkaListenerContainerFactory<Object, Object> factory =
                    new ConcurrentKafkaListenerContainerFactory<>();
            factory.setConsumerFactory(consumers);
            factory.setCommonErrorHandler(new DefaultErrorHandler());
            return factory;
        }
    }

    static class Listeners {

        private final ScriptedHandler handler = new ScriptedHandler();

        private final Queue<List<String>> batches = new ConcurrentLinkedQueue<>();

        @KafkaListener(
                id = SINGLE,
                groupId = "${test.topic}.single",
                concurrency = "2",
                topicPartitions = @TopicPartition(topic = "${test.topic}", partitions = "0-2"))
        void handle(ConsumerRecord<String, String> record) {
            this.handler.handle(record);
        }

        @KafkaListener(
                id = COLLECTING,
                groupId = "${test.topic}.collecting",
                batch = "true",
                topicPartitions = @TopicPartition(topic = "${test.topic}", partitions = "1"))
        void collect(List<String> values) {
            this.batches.add(values);
        }

        @KafkaListener(
                id = FOREIGN,
                groupId = "${test.topic}.foreign",
                containerFactory = "foreignFactory",
                topicPartitions = @TopicPartition(topic = "${test.topic}", partitions = "2"))
        void foreign(String value) {}
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(3);
        application = world.application(topic, Application.class)
                .with("resilient-kafka.listener.pause", "1s")
                .with("resilient-kafka.listener.instances.collecting.batch.collect", true)
                .with("resilient-kafka.listener.batch.flush-interval", "1h")
                .start();
        listeners = application.context().getBean(Listeners.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @Test
    @DisplayName(
            "P1, P2, P4: a listener that names its partitions is ready when it reads them; a failing record pauses its"
                    + " partition only; at its stop offsets are committed and nothing is left; it goes on where it was")
    void single() {
        AtomicBoolean healed = new AtomicBoolean();
        listeners.handler.script(record -> {
            if (record.value().equals("0-0") && !healed.get()) {
                throw new IllegalStateException("not yet");
            }
        });
        await("ready").until(() -> status(SINGLE).ready() && status(FOREIGN).ready());
        assertThat(status(SINGLE).healthy()).isTrue();
        assertThat(numbers(SINGLE)).containsExactly(0, 1, 2);
        assertThat(numbers(FOREIGN)).containsExactly(2);
        send(0, "0-0", "0-1");
        await("paused").until(() -> status(SINGLE).partitions().get(0).state() == PartitionState.BACKOFF);
        send(2, "2-0", "2-1");
        await("others go on").until(() -> listeners.handler.handled("2-").equals(List.of("2-0", "2-1")));
        assertThat(listeners.handler.handled("0-")).isEmpty();
        healed.set(true);
        await("goes on").until(() -> listeners.handler.handled("0-").equals(List.of("0-0", "0-1")));

        supervisor().suspend(SINGLE);
        assertThat(committed(SINGLE, 0)).isEqualTo(2);
        assertThat(committed(SINGLE, 2)).isEqualTo(2);
        assertThat(numbers(SINGLE)).isEmpty();
        assertThat(status(SINGLE).healthy()).isFalse();
        int deliveries = listeners.handler.deliveries();
        supervisor().resume(SINGLE);
        await("ready again")
                .until(() -> status(SINGLE).ready() && numbers(SINGLE).equals(List.of(0, 1, 2)));
        send(0, "0-2");
        send(2, "2-2");
        await("goes on where it was").until(() -> listeners.handler.deliveries() >= deliveries + 2);
        assertThat(listeners.handler.deliveries()).isEqualTo(deliveries + 2);
    }

    @Test
    @DisplayName("D3: what a listener has collected that names its partitions is handed over and committed at its stop")
    void collecting() {
        await("ready").until(() -> status(COLLECTING).ready());
        assertThat(numbers(COLLECTING)).containsExactly(1);
        send(1, "1-0", "1-1");
        await("read").until(() -> consumed(COLLECTING) == 2);
        assertThat(listeners.batches).isEmpty();
        supervisor().suspend(COLLECTING);
        assertThat(listeners.batches).containsExactly(List.of("1-0", "1-1"));
        assertThat(committed(COLLECTING, 1)).isEqualTo(2);
        assertThat(numbers(COLLECTING)).isEmpty();
        assertThat(status(COLLECTING).ready()).isFalse();
    }

    private static void send(int partition, String... values) {
        for (String value : values) {
            world.send(topic, partition, value);
        }
        world.flush();
    }

    private static long committed(String id, int partition) {
        return world.committed(topic + "." + id, topic, partition);
    }

    private static ListenerSupervisor supervisor() {
        return application.context().getBean(ListenerSupervisor.class);
    }

    private static ListenerStatus status(String id) {
        return supervisor().status(id).orElseThrow();
    }

    private static List<Integer> numbers(String id) {
        return status(id).partitions().stream().map(PartitionStatus::partition).toList();
    }

    /** How many records a listener's consumer has returned from its polls. */
    private static double consumed(String id) {
        return ListenerWorld.listener(application, id).container().metrics().values().stream()
                .flatMap(metrics -> metrics.entrySet().stream())
                .filter(metric -> metric.getKey().name().equals("records-consumed-total")
                        && !metric.getKey().tags().containsKey("topic"))
                .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
                .sum();
    }
}
