package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.listener.RecordInterceptor;

/**
 * A failing record stops its partition and nothing else: one consumer, three partitions.
 */
@Tag("unhurried")
class PartitionPauseTests {

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    /** Sees each record before it is known whether its handler is called. */
    private static volatile Consumer<ConsumerRecord<?, ?>> before = record -> {};

    @Configuration(proxyBeanMethods = false)
    static class Interceptor {

        @Bean
        RecordInterceptor<Object, Object> before() {
            return (record, consumer) -> {
                before.accept(record);
                return record;
            };
        }
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(3);
        application = world.application(topic, RecordListener.class, Interceptor.class)
                .start();
        handler = application.context().getBean(ScriptedHandler.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @AfterEach
    void calm() {
        handler.script(record -> {});
        before = record -> {};
        await("all partitions run").until(() -> statusOf(0).state() == PartitionState.RUNNING);
    }

    @Test
    @DisplayName(
            "P2: a failing record pauses its partition only, is tried again in place, and is dead-lettered in the end")
    void poison() {
        handler.script(record -> {
            if (record.value().equals("a0-3")) {
                throw new IllegalStateException("does not work");
            }
        });
        long first = world.end(topic, 0);
        sendTen("a");

        await("tried again").until(() -> statusOf(0).attempts() == 1);
        await("the others")
                .until(() -> handler.handled("a1").size() == 10
                        && handler.handled("a2").size() == 10);
        await("the rest").until(() -> handler.handled("a0").size() == 9);

        assertThat(handler.attempts("a0-3")).isEqualTo(3);
        assertThat(handler.handled("a0"))
                .isEqualTo(IntStream.of(0, 1, 2, 4, 5, 6, 7, 8, 9)
                        .mapToObj(number -> "a0-" + number)
                        .toList());
        assertThat(handler.handled("a1"))
                .isEqualTo(IntStream.range(0, 10)
                        .mapToObj(number -> "a1-" + number)
                        .toList());
        ConsumerRecord<byte[], byte[]> deadLetter = deadLetter("a0-3");
        assertThat(TopicReader.text(deadLetter.key())).isEqualTo("k0");
        assertThat(TopicReader.header(deadLetter, "rk_original_topic")).isEqualTo(topic);
        assertThat(TopicReader.header(deadLetter, "rk_original_partition")).isEqualTo("0");
        assertThat(TopicReader.header(deadLetter, "rk_original_offset")).isEqualTo(Long.toString(first + 3));
        assertThat(TopicReader.header(deadLetter, "rk_group")).isEqualTo(topic);
        assertThat(TopicReader.header(deadLetter, "rk_reason")).isEqualTo("TRANSIENT");
        assertThat(TopicReader.header(deadLetter, "rk_error")).contains("does not work");
        assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("3");
        await("committed").atMost(Duration.ofSeconds(5)).until(() -> world.committed(topic, topic, 0) == first + 10);
    }

    @Test
    @DisplayName("P2, N6: while a record fails, nothing beyond it is committed or handled in its partition")
    void committedNeverBeyondTheFailedRecord() {
        long first = world.end(topic, 0);
        handler.script(record -> {
            if (record.value().equals("b0-5")) {
                throw new RetryLaterException(Duration.ofMillis(300));
            }
        });
        sendTen("b");

        await("tried more often than max-attempts").until(() -> handler.attempts("b0-5") > 4);
        assertThat(world.committed(topic, topic, 0)).isEqualTo(first + 5);
        assertThat(handler.handled("b0")).hasSize(5);
        assertThat(statusOf(0).attempts())
                .as("a handler that wants it later is taken at its word")
                .isZero();
        handler.script(record -> {});
        await("the rest").until(() -> handler.handled("b0").size() == 10);
        assertThat(deadLetters("b0-5")).isEmpty();
    }

    @Test
    @DisplayName(
            "P2: a record that fails again and again within milliseconds does not keep other partitions from going on")
    void nobodyStarves() {
        handler.script(record -> {
            if (record.value().equals("d0-0")) {
                throw new RetryLaterException(Duration.ofMillis(5));
            }
        });
        sendTen("d");
        for (int number = 10; number < 5_000; number++) {
            world.send(topic, 1, "d1-" + number);
            world.send(topic, 2, "d2-" + number);
        }
        world.flush();
        await("the others")
                .atMost(Duration.ofSeconds(10))
                .until(() -> handler.handled("d1").size() == 5_000
                        && handler.handled("d2").size() == 5_000);
        assertThat(handler.handled("d1")).doesNotHaveDuplicates();
        assertThat(handler.handled("d0")).isEmpty();
        handler.script(record -> {});
        await("the rest").until(() -> handler.handled("d0").size() == 10);
    }

    @Test
    @DisplayName(
            "P2: a pause that ends while records of the same poll are still to be handled lets none of them overtake")
    void aPauseThatEndsEarly() {
        handler.script(record -> {
            if (record.value().equals("e0-0") && handler.attempts("e0-0") == 1) {
                throw new RetryLaterException(Duration.ofMillis(1));
            }
        });
        before = record -> {
            if ("e0-1".equals(record.value()) && handler.handled("e0").isEmpty()) {
                await("released").until(() -> statusOf(0).state() == PartitionState.RUNNING);
            }
        };
        sendTen("e");

        await("all").until(() -> handler.handled("e0").size() >= 10);
        assertThat(handler.handled("e0"))
                .isEqualTo(IntStream.range(0, 10)
                        .mapToObj(number -> "e0-" + number)
                        .toList());
    }

    @Test
    @DisplayName("N3: a bad record is dead-lettered at once, with all its bytes and headers; its partition goes on")
    void badData() {
        handler.script(record -> {
            if (record.value().startsWith("bad")) {
                throw new IllegalStateException(new BadDataException("no amount"));
            }
        });
        byte[] bytes = {'b', 'a', 'd', (byte) 0xff, 0, (byte) 0xc3};
        ProducerRecord<byte[], byte[]> bad = new ProducerRecord<>(topic, 0, "key".getBytes(), bytes);
        bad.headers().add("tenant", "x".getBytes()).add("tenant", "y".getBytes());
        world.send(bad);
        sendTen("c");

        await("the rest").until(() -> handler.handled("c0").size() == 10);
        List<ConsumerRecord<byte[], byte[]>> all = TopicReader.readAll(world.kafka.clientConfig(), topic + ".dlq");
        ConsumerRecord<byte[], byte[]> deadLetter = all.stream()
                .filter(record -> TopicReader.header(record, "tenant") != null)
                .findFirst()
                .orElseThrow();
        assertThat(deadLetter.value())
                .as("invalid as UTF-8, so no serializer could have made it")
                .isEqualTo(bytes);
        assertThat(deadLetter.headers().headers("tenant")).hasSize(2);
        assertThat(TopicReader.header(deadLetter, "rk_reason")).isEqualTo("BAD_DATA");
        assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("1");
    }

    private static void sendTen(String prefix) {
        for (int partition = 0; partition < 3; partition++) {
            for (int number = 0; number < 10; number++) {
                world.send(new ProducerRecord<>(
                        topic,
                        partition,
                        ("k" + partition).getBytes(),
                        (prefix + partition + "-" + number).getBytes()));
            }
        }
        world.flush();
    }

    private static PartitionStatus statusOf(int partition) {
        return ListenerWorld.listener(application, "orders").partitions().get(partition);
    }

    private static ConsumerRecord<byte[], byte[]> deadLetter(String value) {
        List<ConsumerRecord<byte[], byte[]>> found = deadLetters(value);
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private static List<ConsumerRecord<byte[], byte[]>> deadLetters(String value) {
        String deadLetterTopic = topic + ".dlq";
        return !world.exists(deadLetterTopic)
                ? List.of()
                : TopicReader.readAll(world.kafka.clientConfig(), deadLetterTopic).stream()
                        .filter(record -> value.equals(TopicReader.text(record.value())))
                        .toList();
    }
}
