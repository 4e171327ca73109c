package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.BatchListenerFailedException;

/**
 * Batches that fail in the middle, or as a whole: one consumer, two partitions.
 */
@Tag("unhurried")
class BatchListenerTests {

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static BatchListener listener;

    /**
     * An application with one plain batch listener.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(BatchListener.class)
    static class Application {}

    static class BatchListener {

        private final Queue<List<String>> batches = new ConcurrentLinkedQueue<>();

        private volatile Consumer<List<String>> script = values -> {};

        @KafkaListener(id = "batches", topics = "${test.topic}", batch = "true", idIsGroup = false)
        void handle(List<ConsumerRecord<String, String>> records) {
            List<String> values = records.stream().map(ConsumerRecord::value).toList();
            this.batches.add(values);
            this.script.accept(values);
        }

        long deliveries(String value) {
            return this.batches.stream()
                    .filter(values -> values.contains(value))
                    .count();
        }
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(2);
        application = world.application(topic, Application.class)
                .with("resilient-kafka.listener.batch.flush-max-retries", 2)
                .with("spring.kafka.consumer.fetch-min-size", "100B")
                .with("spring.kafka.consumer.fetch-max-wait", "300ms")
                .start();
        listener = application.context().getBean(BatchListener.class);
        await("assigned").until(() -> resilient().partitions().size() == 2);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @BeforeEach
    void clear() {
        listener.batches.clear();
        listener.script = values -> {};
    }

    @Test
    @DisplayName("N4: message 3 of a batch of 5 fails: 1 and 2 are committed and seen once, 3 to 5 come again")
    void indexInTheMiddle() {
        long first = world.end(topic, 0);
        listener.script = values -> {
            if (values.contains("m3")) {
                throw new BatchListenerFailedException(
                        "third", new RetryLaterException(java.time.Duration.ofMillis(500)), values.indexOf("m3"));
            }
        };
        sendBatch(0, "m1", "m2", "m3", "m4", "m5");
        await("failed").until(() -> listener.deliveries("m3") > 0);
        await("prefix committed").until(() -> world.committed(topic, topic, 0) == first + 2);
        await("tried again").until(() -> listener.deliveries("m3") > 1);
        assertThat(world.committed(topic, topic, 0)).isEqualTo(first + 2);
        listener.script = values -> {};
        await("all committed").until(() -> world.committed(topic, topic, 0) == first + 5);

        assertThat(listener.deliveries("m1")).isEqualTo(1);
        assertThat(listener.deliveries("m2")).isEqualTo(1);
        assertThat(listener.deliveries("m4")).isGreaterThan(1);
        assertThat(listener.batches).as("a batch is of one partition").allMatch(values -> values.size() <= 5);
    }

    @Test
    @DisplayName(
            "D3: a batch that fails without saying where is tried as a whole, then one by one: only the bad record goes")
    void wholeBatch() {
        long first = world.end(topic, 0);
        listener.script = values -> {
            if (values.contains("w2")) {
                throw new IllegalStateException("one of these");
            }
        };
        sendBatch(0, "w1", "w2", "w3", "w4");
        await("all committed").until(() -> world.committed(topic, topic, 0) == first + 4);

        assertThat(listener.batches)
                .filteredOn(values -> values.equals(List.of("w2")))
                .hasSize(1);
        assertThat(listener.batches)
                .filteredOn(values -> values.size() > 1 && values.contains("w2"))
                .hasSize(3);
        assertThat(listener.batches)
                .filteredOn(values -> values.contains("w4") && !values.contains("w2"))
                .hasSize(1);
        assertThat(deadLetters()).containsKey("w2").doesNotContainKeys("w1", "w3", "w4");
        ConsumerRecord<byte[], byte[]> deadLetter = deadLetters().get("w2");
        assertThat(TopicReader.header(deadLetter, "rk_attempts"))
                .as("three times in its batch, once alone")
                .isEqualTo("4");
        assertThat(Instant.parse(TopicReader.header(deadLetter, "rk_first_failure")))
                .as("two pauses of 200 ms and more ago")
                .isBefore(Instant.ofEpochMilli(deadLetter.timestamp()).minusMillis(400));
    }

    @Test
    @DisplayName("D3: a record that fails beside a bad one has its attempts, like any other")
    void besideABadOne() {
        long first = world.end(topic, 0);
        listener.script = values -> {
            if (values.contains("x-bad")) {
                throw new BadDataException("one of these");
            }
            if (values.contains("x-flaky") && listener.deliveries("x-flaky") < 3) {
                throw new IllegalStateException("not yet");
            }
        };
        sendBatch(0, "x-good", "x-bad", "x-flaky");
        await("all committed").until(() -> world.committed(topic, topic, 0) == first + 3);

        assertThat(listener.deliveries("x-flaky")).isEqualTo(3);
        assertThat(deadLetters()).containsKey("x-bad").doesNotContainKeys("x-good", "x-flaky");
        assertThat(TopicReader.header(deadLetters().get("x-bad"), "rk_attempts"))
                .isEqualTo("2");
    }

    private static Map<String, ConsumerRecord<byte[], byte[]>> deadLetters() {
        return TopicReader.readAll(world.kafka.clientConfig(), topic + ".dlq").stream()
                .collect(Collectors.toMap(
                        record -> TopicReader.text(record.value()), record -> record, (one, other) -> one));
    }

    @Test
    @DisplayName("spring-kafka 4371: one partition's success does not make another forget how often it failed")
    void twoPartitions() {
        listener.script = values -> {
            if (values.contains("t-bad")) {
                throw new BatchListenerFailedException("bad", new IllegalStateException(), values.indexOf("t-bad"));
            }
        };
        long first = world.end(topic, 0);
        sendBatch(0, "t-bad", "t-after");
        await("dead-lettered, while the other partition goes well").until(() -> {
            sendBatch(1, "good");
            return world.committed(topic, topic, 0) == first + 2;
        });
        assertThat(listener.deliveries("t-bad")).isEqualTo(3);
    }

    private static void sendBatch(int partition, String... values) {
        for (String value : values) {
            world.send(new ProducerRecord<>(topic, partition, null, value.getBytes()));
        }
        world.flush();
    }

    private static ResilientListener resilient() {
        return ListenerWorld.listener(application, "batches");
    }
}
