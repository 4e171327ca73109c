package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Strategy republish: one consumer, two partitions.
 */
@Tag("unhurried")
class RepublishTests {

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(2);
        application = world.application(topic, RecordListener.class)
                .with("resilient-kafka.listener.instances.orders.strategy", "republish")
                .with("resilient-kafka.listener.republish.properties.compression.type", "gzip")
                .with("resilient-kafka.listener.republish.properties.max.request.size", "10000")
                .with("resilient-kafka.listener.pause", "400ms")
                .start();
        handler = application.context().getBean(ScriptedHandler.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @BeforeEach
    void assigned() {
        await("assigned").until(() -> partitions().size() == 2);
    }

    @AfterEach
    void calm() {
        handler.script(record -> {});
    }

    @Test
    @DisplayName(
            "N5, N10: republish: the failed record goes to the end of its partition, with client settings of its own,"
                    + " comes round, and is a dead letter of its first place in the end")
    void comesRound() {
        String body = "x".repeat(5_000);
        handler.script(record -> {
            if (record.value().startsWith("a-fails")) {
                throw new IllegalStateException("never");
            }
        });
        long first = world.end(topic, 0);
        world.send(new ProducerRecord<>(topic, 0, "key".getBytes(), ("a-fails" + body).getBytes()));
        for (int number = 0; number < 5; number++) {
            world.send(topic, 0, "a-" + number);
        }
        world.flush();

        await("dead-lettered").until(() -> deadLetters("a-fails").count() == 1);
        assertThat(handler.handled("a-")).containsExactly("a-0", "a-1", "a-2", "a-3", "a-4");
        assertThat(handler.delivered("a-fails")).isEqualTo(3);
        List<ConsumerRecord<byte[], byte[]>> all = TopicReader.readAll(world.kafka.clientConfig(), topic).stream()
                .filter(record -> TopicReader.text(record.value()).startsWith("a-fails"))
                .toList();
        assertThat(all)
                .extracting(record -> TopicReader.header(record, "rk_attempts"))
                .containsExactly(null, "1", "2");
        assertThat(all).extracting(ConsumerRecord::partition).containsOnly(0);
        assertThat(all).extracting(record -> TopicReader.text(record.key())).containsOnly("key");
        ConsumerRecord<byte[], byte[]> deadLetter =
                deadLetters("a-fails").findFirst().orElseThrow();
        assertThat(TopicReader.header(deadLetter, "rk_original_offset")).isEqualTo(Long.toString(first));
        assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("3");
        await("committed").until(() -> world.committed(topic, topic, 0) == first + 8);
        assertThat(compression("republisher")).as("of 5,000 equal letters").isLessThan(0.5);
        assertThat(compression("publisher")).as("the dead letter's").isEqualTo(1);
    }

    @Test
    @DisplayName("N5: republish: a handler that never wants to wait cannot have its record going round without a pause")
    void noHotLoop() {
        Queue<Long> times = new ConcurrentLinkedQueue<>();
        handler.script(record -> {
            if (record.value().equals("b")) {
                times.add(System.currentTimeMillis());
                throw new RetryLaterException(Duration.ZERO);
            }
        });
        long first = world.end(topic, 0);
        world.send(topic, 0, "b");
        world.flush();
        await("round and round").until(() -> times.size() >= 5);
        handler.script(record -> {});
        List<Long> at = List.copyOf(times);
        assertThat(at.get(4) - at.get(0)).isGreaterThanOrEqualTo(4 * 390);
        await("handled").until(() -> handler.handled().contains("b"));
        assertThat(world.end(topic, 0) - first)
                .as("no attempt, but a record each")
                .isLessThanOrEqualTo(7);
        assertThat(deadLetters("b").count()).isZero();
    }

    @Test
    @DisplayName("N10: what the republishing producer cannot send blocks its partition, visibly; nothing is skipped")
    void cannotBeSent() {
        handler.script(record -> {
            if (record.value().startsWith("c-large")) {
                throw new IllegalStateException("large");
            }
        });
        long first = world.end(topic, 1);
        world.send(topic, 1, "c-large" + "x".repeat(20_000));
        world.send(topic, 1, "c-behind");
        world.flush();
        await("blocked").until(() -> partitions().get(1).state() == PartitionState.DEAD_LETTER_BLOCKED);
        await("tried again, and again").pollDelay(Duration.ofSeconds(1)).until(() -> handler.delivered("c-large") == 1);
        assertThat(handler.handled("c-")).isEmpty();
        assertThat(world.committed(topic, topic, 1)).isLessThanOrEqualTo(first);
    }

    private static List<PartitionStatus> partitions() {
        return ListenerWorld.listener(application, "orders").partitions();
    }

    private static double compression(String role) {
        return application
                .context()
                .getBean(MeterRegistry.class)
                .get("kafka.producer.compression.rate.avg")
                .tag("spring.id", "resilientKafka." + role)
                .gauge()
                .value();
    }

    private static Stream<ConsumerRecord<byte[], byte[]>> deadLetters(String prefix) {
        return !world.exists(topic + ".dlq")
                ? Stream.empty()
                : TopicReader.readAll(world.kafka.clientConfig(), topic + ".dlq").stream()
                        .filter(record -> TopicReader.text(record.value()).startsWith(prefix));
    }
}
