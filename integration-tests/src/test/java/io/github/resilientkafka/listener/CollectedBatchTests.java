package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.MessageView;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.BatchListenerFailedException;

/**
 * Batches by size or by time, whatever a poll brings; and what handlers see of their records.
 */
@Tag("unhurried")
class CollectedBatchTests {

    private final ListenerWorld world = new ListenerWorld(LocalKafka.shared());

    private final String topic = this.world.topic(2);

    /**
     * An application whose batch listener wants neutral messages.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Listeners.class)
    static class Application {}

    static class Listeners {

        private final Queue<List<MessageView>> batches = new ConcurrentLinkedQueue<>();

        private final Queue<MessageView> single = new ConcurrentLinkedQueue<>();

        private volatile Consumer<List<String>> script = values -> {};

        @KafkaListener(id = "batches", topics = "${test.topic}", batch = "true", idIsGroup = false)
        void handle(List<MessageView> messages) {
            this.batches.add(messages);
            this.script.accept(values(messages));
        }

        @KafkaListener(id = "single", topics = "${test.topic}", groupId = "${test.topic}.single")
        void handle(MessageView message) {
            this.single.add(message);
        }

        List<List<String>> batches() {
            return this.batches.stream().map(Listeners::values).toList();
        }

        private static List<String> values(List<MessageView> messages) {
            return messages.stream()
                    .map(message -> String.valueOf(message.value()))
                    .toList();
        }
    }

    @AfterEach
    void close() {
        this.world.close();
    }

    private TestApplication start(String flushInterval) {
        return builder(flushInterval).start();
    }

    private TestApplication.Builder builder(String flushInterval) {
        return this.world
                .application(this.topic, Application.class)
                .with("resilient-kafka.listener.batch.collect", true)
                .with("resilient-kafka.listener.batch.read-batch-size", 10)
                .with("resilient-kafka.listener.batch.flush-interval", flushInterval)
                .with("resilient-kafka.listener.batch.flush-max-retries", 1);
    }

    private void send(int partition, int from, int to) {
        for (int number = from; number < to; number++) {
            this.world.send(this.topic, partition, "v" + number);
        }
        this.world.flush();
    }

    private static List<String> values(int from, int to) {
        return IntStream.range(from, to).mapToObj(number -> "v" + number).toList();
    }

    @Test
    @DisplayName(
            "D3: full batches at once, by size, over several polls; the rest at shutdown; nothing committed before")
    void bySizeAndAtShutdown() {
        Listeners listeners;
        try (TestApplication application = start("60s")) {
            listeners = application.context().getBean(Listeners.class);
            Listeners running = listeners;
            send(0, 0, 7);
            await("read").until(() -> running.single.size() == 7);
            send(0, 7, 25);
            await("two full ones").until(() -> running.batches.size() == 2);
            await("committed").until(() -> this.world.committed(this.topic, this.topic, 0) == 20);
            await("the rest read").until(() -> running.single.size() == 25);
            assertThat(listeners.batches()).containsExactly(values(0, 10), values(10, 20));
        }
        assertThat(listeners.batches()).containsExactly(values(0, 10), values(10, 20), values(20, 25));
        assertThat(this.world.committed(this.topic, this.topic, 0)).isEqualTo(25);
    }

    @Test
    @DisplayName("D3: a batch that is not full is handed over after the flush interval; a bad record in it goes alone")
    void byTime() {
        try (TestApplication application = start("400ms")) {
            Listeners listeners = application.context().getBean(Listeners.class);
            await("assigned")
                    .until(() -> ListenerWorld.listener(application, "batches")
                                    .partitions()
                                    .size()
                            == 2);
            send(1, 0, 3);
            await("by time").until(() -> listeners.batches().equals(List.of(values(0, 3))));
            listeners.script = values -> {
                if (values.contains("v11")) {
                    throw new BatchListenerFailedException("bad", new BadDataException("bad"), values.indexOf("v11"));
                }
            };
            send(1, 10, 13);
            await("committed").until(() -> this.world.committed(this.topic, this.topic, 1) == 6);
            assertThat(listeners.batches()).containsSubsequence(values(10, 13), values(12, 13));
            assertThat(TopicReader.values(TopicReader.readAll(this.world.kafka.clientConfig(), this.topic + ".dlq")))
                    .containsOnlyKeys("v11");
            listeners.script = values -> {
                if (values.contains("v21")) {
                    throw new IllegalStateException("one of these");
                }
            };
            send(0, 20, 23);
            await("the others went well")
                    .atMost(Duration.ofSeconds(15))
                    .until(() -> this.world.committed(this.topic, this.topic, 0) == 3);
            assertThat(listeners.batches()).contains(values(20, 21), values(21, 22), values(22, 23));
        }
    }

    @Test
    @DisplayName("D3, N3: what was collected before an unreadable record is handled before that is given up")
    void beforeAnUnreadableOne() {
        this.world.send(this.topic, 0, "a");
        this.world.send(this.topic, 0, "b");
        this.world.send(this.topic, 0, "x unreadable");
        this.world.flush();
        try (TestApplication application = builder("60s")
                .with("spring.kafka.consumer.value-deserializer", UnreadableRecordTests.Picky.class.getName())
                .start()) {
            Listeners listeners = application.context().getBean(Listeners.class);
            await("committed").until(() -> this.world.committed(this.topic, this.topic, 0) == 3);
            assertThat(listeners.batches()).containsExactly(List.of("a", "b"));
        }
    }

    @Test
    @DisplayName("D4: a handler sees topic, partition, offset, key, value, time and headers without Kafka's types")
    void view() {
        try (TestApplication application = start("100ms")) {
            Listeners listeners = application.context().getBean(Listeners.class);
            ProducerRecord<byte[], byte[]> record =
                    new ProducerRecord<>(this.topic, 1, 1234L, "key".getBytes(), "value".getBytes());
            record.headers().add("tenant", "a".getBytes()).add("tenant", "b".getBytes());
            this.world.send(record);
            this.world.flush();
            await("seen").until(() -> listeners.single.size() == 1 && listeners.batches.size() == 1);
            MessageView view = listeners.single.element();
            assertThat(view.topic()).isEqualTo(this.topic);
            assertThat(view.partition()).isEqualTo(1);
            assertThat(view.offset()).isZero();
            assertThat(view.key()).isEqualTo("key");
            assertThat(view.value()).isEqualTo("value");
            assertThat(view.time()).hasToString("1970-01-01T00:00:01.234Z");
            assertThat(view.headers()).hasSize(2);
            assertThat(view.header("tenant")).isEqualTo("b");
            assertThat(view.header("none")).isNull();
            assertThat(listeners.batches.element().get(0).value()).isEqualTo("value");
        }
    }
}
