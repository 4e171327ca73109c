package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Strategy retry-topic, on a broker that creates no topics by itself.
 */
@Tag("unhurried")
class RetryTopicTests {

    private static final AtomicBoolean paymentsUp = new AtomicBoolean(true);

    private static final AtomicInteger asked = new AtomicInteger();

    private static LocalKafka kafka;

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    @Configuration(proxyBeanMethods = false)
    static class Payments {

        @Bean
        DependencyProbe payments() {
            return () -> {
                asked.incrementAndGet();
                return paymentsUp.get();
            };
        }

        @Bean
        BatchListener batchListener() {
            return new BatchListener();
        }
    }

    static class BatchListener {

        private final Queue<List<String>> batches = new ConcurrentLinkedQueue<>();

        @KafkaListener(id = "batches", topics = "${test.topic}_batches", batch = "true", idIsGroup = false)
        void handle(List<ConsumerRecord<String, String>> records) {
            List<String> values = records.stream().map(ConsumerRecord::value).toList();
            this.batches.add(values);
            if (values.contains("bad") && deliveries("bad") < 3) {
                throw new BatchListenerFailedException("bad", values.indexOf("bad"));
            }
            if (values.contains("odd") && deliveries("odd") < 3) {
                throw new IllegalStateException("one of them");
            }
        }

        long deliveries(String value) {
            return this.batches.stream()
                    .filter(values -> values.contains(value))
                    .count();
        }
    }

    @BeforeAll
    static void start() {
        kafka = LocalKafka.builder()
                .property("auto.create.topics.enable", false)
                .launch();
        world = new ListenerWorld(kafka);
        topic = world.topic(2);
        kafka.createTopic(topic + "_batches", 1);
        application = application(topic, RecordListener.class, Payments.class)
                .with("resilient-kafka.listener.instances.orders.dependencies", "payments")
                .with("spring.kafka.consumer.properties.max.poll.interval.ms", 3_000)
                .start();
        handler = application.context().getBean(ScriptedHandler.class);
        await("both read")
                .until(() -> partitions(application, "orders") == 2 && partitions(application, "orders.retry") == 2);
    }

    private static TestApplication.Builder application(String topic, Class<?>... sources) {
        return world.application(topic, sources)
                .with("resilient-kafka.listener.strategy", "retry-topic")
                .with("resilient-kafka.listener.pause", "400ms");
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
        kafka.close();
    }

    @BeforeEach
    void bothRead() {
        await("both read")
                .until(() -> partitions(application, "orders") == 2 && partitions(application, "orders.retry") == 2);
    }

    @AfterEach
    void calm() {
        handler.script(record -> {});
        paymentsUp.set(true);
    }

    @Test
    @DisplayName("N5: retry-topic: later records overtake the failed one, which comes back after its delay, as it was")
    void comesBack() {
        Queue<Long> times = new ConcurrentLinkedQueue<>();
        handler.script(record -> {
            if (record.value().equals("a-fails")) {
                times.add(System.currentTimeMillis());
                if (times.size() < 3) {
                    throw new IllegalStateException("not yet");
                }
            }
        });
        long first = world.end(topic, 0);
        ProducerRecord<byte[], byte[]> failing = new ProducerRecord<>(topic, 0, "key".getBytes(), "a-fails".getBytes());
        failing.headers().add("tenant", "x".getBytes());
        world.send(failing);
        for (int number = 0; number < 5; number++) {
            world.send(topic, 0, "a-" + number);
        }
        world.flush();

        await("all").until(() -> handler.handled("a-").size() == 6);
        assertThat(handler.handled("a-")).containsExactly("a-0", "a-1", "a-2", "a-3", "a-4", "a-fails");
        assertThat(handler.attempts("a-fails")).isEqualTo(3);
        List<Long> at = List.copyOf(times);
        assertThat(at.get(1) - at.get(0)).isGreaterThanOrEqualTo(360);
        assertThat(at.get(2) - at.get(1)).as("doubled").isGreaterThanOrEqualTo(720);
        await("committed").until(() -> world.committed(topic, topic, 0) == first + 6);
        List<ConsumerRecord<byte[], byte[]>> moved = moved(topic, "a-fails");
        assertThat(moved).hasSize(2).allSatisfy(record -> {
            assertThat(TopicReader.text(record.key())).isEqualTo("key");
            assertThat(TopicReader.header(record, "tenant")).isEqualTo("x");
            assertOrigin(record, first);
        });
        assertThat(moved)
                .extracting(record -> TopicReader.header(record, "rk_attempts"))
                .containsExactly("1", "2");
    }

    @Test
    @DisplayName(
            "N3: a bad record goes to the dead letters of its own topic at once, also from the retry topic; records"
                    + " that were moved for another group are not ours")
    void badData() {
        handler.script(record -> {
            if (record.value().equals("b-bad") && record.topic().equals(topic)) {
                throw new IllegalStateException("once");
            }
            if (record.value().equals("b-bad")) {
                throw new BadDataException("bad");
            }
        });
        long first = world.end(topic, 0);
        ProducerRecord<byte[], byte[]> others = new ProducerRecord<>(topic + ".retry", 0, null, "b-others".getBytes());
        others.headers().add("rk_group", "others".getBytes());
        world.send(others);
        world.send(new ProducerRecord<>(topic + ".retry", 0, null, "b-by-hand".getBytes()));
        world.send(topic, 0, "b-bad");
        world.flush();

        await("dead-lettered").until(() -> deadLetters("b-bad").size() == 1);
        ConsumerRecord<byte[], byte[]> deadLetter = deadLetters("b-bad").get(0);
        assertOrigin(deadLetter, first);
        assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("2");
        assertThat(TopicReader.header(deadLetter, "rk_reason")).isEqualTo("BAD_DATA");
        assertThat(TopicReader.header(deadLetter, "rk_not_before")).isNull();
        await("what somebody put there").until(() -> handler.handled().contains("b-by-hand"));
        assertThat(handler.attempts("b-others")).isZero();
    }

    @Test
    @DisplayName(
            "N7, N8: a record that is not due for longer than max.poll.interval.ms costs no rebalance and no attempt;"
                    + " then its dependency is down, and it is held")
    void notDueThenHeld() {
        double rebalances = rebalances();
        handler.script(record -> {
            if (record.value().equals("c") && handler.attempts("c") == 1) {
                throw new RetryLaterException(Duration.ofSeconds(4));
            }
        });
        world.send(topic, 1, "c");
        world.flush();
        await("not due").until(() -> stateOfRetries(PartitionState.BACKOFF).isPresent());
        PartitionStatus waiting = stateOfRetries(PartitionState.BACKOFF).orElseThrow();
        assertThat(waiting.attempts()).isZero();
        assertThat(waiting.reason()).contains("NOT_DUE");
        int before = asked.get();
        paymentsUp.set(false);

        await("held").until(() -> stateOfRetries(PartitionState.HELD).isPresent());
        assertThat(asked.get()).isGreaterThan(before);
        assertThat(handler.attempts("c")).isEqualTo(1);
        assertThat(rebalances()).isEqualTo(rebalances);
        paymentsUp.set(true);
        await("handled").until(() -> handler.handled().contains("c"));
        assertThat(handler.attempts("c")).isEqualTo(2);
    }

    @Test
    @DisplayName("N5: a batch's failed record is tried again alone, the others are not")
    void batches() {
        long first = world.end(topic + "_batches", 0);
        for (String value : List.of("1", "2", "bad", "4", "5")) {
            world.send(topic + "_batches", 0, value);
        }
        world.flush();
        BatchListener listener = application.context().getBean(BatchListener.class);
        await("again").until(() -> listener.deliveries("bad") == 3);
        assertThat(listener.deliveries("1")).isEqualTo(1);
        assertThat(listener.deliveries("2")).isEqualTo(1);
        await("those behind").until(() -> listener.deliveries("5") > 0);
        assertThat(listener.batches.stream().filter(values -> values.equals(List.of("bad"))))
                .as("alone")
                .hasSizeGreaterThanOrEqualTo(2);
        await("committed").until(() -> world.committed(topic, topic + "_batches", 0) == first + 5);
    }

    @Test
    @DisplayName("N5: of a batch that fails as a whole the record that fails alone is moved, the others are not")
    void wholeBatches() {
        long first = world.end(topic + "_batches", 0);
        BatchListener listener = application.context().getBean(BatchListener.class);
        for (String value : List.of("w1", "odd", "w2")) {
            world.send(topic + "_batches", 0, value);
        }
        world.flush();
        await("again").until(() -> listener.deliveries("odd") == 3);
        await("committed").until(() -> world.committed(topic, topic + "_batches", 0) == first + 3);
        assertThat(moved(topic + "_batches", "odd")).singleElement().satisfies(record -> assertThat(
                        TopicReader.header(record, "rk_attempts"))
                .isEqualTo("1"));
        assertThat(moved(topic + "_batches", "w1")).isEmpty();
        assertThat(moved(topic + "_batches", "w2")).isEmpty();
    }

    @Test
    @DisplayName("P4: the retry topic is read while the listener's own container runs, and only then")
    void followsTheListener() {
        MessageListenerContainer own =
                listener(application, "orders").orElseThrow().container();
        MessageListenerContainer retries =
                listener(application, "orders.retry").orElseThrow().container();
        own.stop();
        await("stopped").until(() -> !retries.isRunning());
        retries.start();
        await("whoever started it").until(() -> !retries.isRunning());
        own.start();
        await("started").until(retries::isRunning);
        own.pause();
        await("paused").until(retries::isPauseRequested);
        own.resume();
        await("resumed").until(() -> !retries.isPauseRequested());
    }

    @Test
    @DisplayName(
            "N5: attempts are counted across a restart of the application; exhausted, the record is a dead letter of"
                    + " its own topic and place")
    void restarts() {
        String restarted = world.topic(1);
        for (String value : List.of("1", "2", "3", "fails")) {
            world.send(restarted, 0, value);
        }
        world.flush();
        TestApplication.Builder builder = application(restarted, Failing.class)
                .with("resilient-kafka.listener.max-attempts", "2")
                .with("resilient-kafka.listener.pause", "3s");
        try (TestApplication first = builder.start()) {
            await("moved").until(() -> world.exists(restarted + ".retry") && world.end(restarted + ".retry", 0) == 1);
            await("known to be moved").until(() -> world.committed(restarted, restarted, 0) == 4);
        }
        try (TestApplication second = builder.start()) {
            ScriptedHandler own = second.context().getBean(ScriptedHandler.class);
            await("dead-lettered")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> world.exists(restarted + ".dlq") && world.end(restarted + ".dlq", 0) == 1);
            assertThat(own.attempts("fails")).isEqualTo(1);
        }
        ConsumerRecord<byte[], byte[]> deadLetter = values(restarted + ".dlq").get(0);
        assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("2");
        assertThat(TopicReader.header(deadLetter, "rk_original_topic")).isEqualTo(restarted);
        assertThat(TopicReader.header(deadLetter, "rk_original_offset")).isEqualTo("3");
        assertThat(TopicReader.header(deadLetter, "rk_group")).isEqualTo(restarted);
        assertThat(world.exists(restarted + ".retry.dlq")).isFalse();
    }

    /**
     * An application whose handler fails from the first record on.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Failing {

        @Bean
        ScriptedHandler handler() {
            ScriptedHandler handler = new ScriptedHandler();
            handler.script(record -> {
                if (record.value().equals("fails")) {
                    throw new IllegalStateException("never");
                }
            });
            return handler;
        }

        @Bean
        RecordListener.Listener listener(ScriptedHandler handler) {
            return new RecordListener.Listener(handler);
        }
    }

    @Test
    @DisplayName(
            "N5: no retry topic, and none may be created: the partition is blocked, visibly, nothing is skipped; it goes"
                    + " on when the topic is there")
    void topicMissing() {
        String lonely = world.topic(1);
        try (TestApplication own = application(lonely, RecordListener.class)
                .with("resilient-kafka.listener.retry-topic.auto-create", "false")
                .start()) {
            ScriptedHandler ownHandler = own.context().getBean(ScriptedHandler.class);
            ownHandler.script(record -> {
                if (record.value().equals("fails") && ownHandler.attempts("fails") == 1) {
                    throw new IllegalStateException("once");
                }
            });
            world.send(lonely, 0, "fails");
            world.send(lonely, 0, "good");
            world.flush();
            await("blocked").until(() -> listener(own, "orders").orElseThrow().partitions().stream()
                    .anyMatch(partition -> partition.state() == PartitionState.DEAD_LETTER_BLOCKED
                            && String.valueOf(partition.reason()).contains("once")));
            assertThat(listener(own, "orders.retry")).isEmpty();
            assertThat(ownHandler.handled()).isEmpty();
            assertThat(world.committed(lonely, lonely, 0)).isLessThanOrEqualTo(0);

            kafka.createTopic(lonely + ".retry", 1);
            await("goes on").until(() -> ownHandler.handled().equals(List.of("good")));
            await("comes back").until(() -> ownHandler.handled().equals(List.of("good", "fails")));
            assertThat(ownHandler.attempts("fails")).isEqualTo(2);
        }
    }

    private static void assertOrigin(ConsumerRecord<byte[], byte[]> record, long offset) {
        assertThat(TopicReader.header(record, "rk_original_topic")).isEqualTo(topic);
        assertThat(TopicReader.header(record, "rk_original_partition")).isEqualTo("0");
        assertThat(TopicReader.header(record, "rk_original_offset")).isEqualTo(Long.toString(offset));
        assertThat(TopicReader.header(record, "rk_group")).isEqualTo(topic);
    }

    private static Optional<ResilientListener> listener(TestApplication application, String id) {
        return application.context().getBean(ListenerContainers.class).find(id);
    }

    private static int partitions(TestApplication application, String id) {
        return listener(application, id)
                .map(listener -> listener.partitions().size())
                .orElse(0);
    }

    private static Optional<PartitionStatus> stateOfRetries(PartitionState state) {
        return listener(application, "orders.retry").orElseThrow().partitions().stream()
                .filter(partition -> partition.state() == state)
                .findFirst();
    }

    private static double rebalances() {
        return listener(application, "orders.retry").orElseThrow().container().metrics().values().stream()
                .flatMap(metrics -> metrics.entrySet().stream())
                .filter(metric -> metric.getKey().name().equals("rebalance-total"))
                .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
                .sum();
    }

    private static List<ConsumerRecord<byte[], byte[]>> moved(String from, String value) {
        return values(from + ".retry").stream()
                .filter(record -> value.equals(TopicReader.text(record.value())))
                .toList();
    }

    private static List<ConsumerRecord<byte[], byte[]>> deadLetters(String value) {
        return !world.exists(topic + ".dlq")
                ? List.of()
                : values(topic + ".dlq").stream()
                        .filter(record -> value.equals(TopicReader.text(record.value())))
                        .toList();
    }

    private static List<ConsumerRecord<byte[], byte[]>> values(String topic) {
        return TopicReader.readAll(kafka.clientConfig(), topic);
    }
}
