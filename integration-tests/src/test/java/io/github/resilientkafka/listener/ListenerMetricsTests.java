package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * What metrics say of listeners while things go wrong. One consumer, three partitions.
 */
@Tag("unhurried")
class ListenerMetricsTests {

    private static final MeterRegistry meters = new SimpleMeterRegistry();

    private static final AtomicBoolean paymentsUp = new AtomicBoolean(true);

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    @Configuration(proxyBeanMethods = false)
    static class Parts {

        @Bean(destroyMethod = "")
        MeterRegistry meters() {
            return meters;
        }

        @Bean
        DependencyProbe payments() {
            return paymentsUp::get;
        }

        @Bean
        LagWatch hastyLagWatch() {
            return new LagWatch(Duration.ofMillis(400), Duration.ofMillis(50));
        }

        @KafkaListener(id = "batches", topics = "${test.topic}", batch = "true")
        void handle(List<ConsumerRecord<String, String>> records) {}
    }

    @BeforeAll
    static void start() {
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(3);
        application = world.application(topic, RecordListener.class, Parts.class)
                .with("resilient-kafka.listener.instances.orders.dependencies", "payments")
                .with("spring.kafka.consumer.heartbeat-interval", "200ms")
                .start();
        handler = application.context().getBean(ScriptedHandler.class);
        await("assigned").until(() -> gauge("kafka.listener.partitions.assigned", "listener", "batches") == 3);
    }

    /** Closes the application, and sees that its meters have gone. */
    @AfterAll
    static void stop() {
        assertThat(names()).anyMatch(name -> name.startsWith("kafka.listener."));
        application.close();
        world.close();
        assertThat(names()).noneMatch(name -> name.startsWith("kafka.listener."));
    }

    @BeforeEach
    void send() {
        for (int partition = 0; partition < 3; partition++) {
            for (int number = 0; number < 5; number++) {
                world.send(topic, partition, "fine" + number);
            }
        }
        world.flush();
        await("nothing is behind").until(() -> lag() == 0 && gauge("kafka.listener.partitions.assigned") == 3);
    }

    @AfterEach
    void wellAgain() {
        handler.script(record -> {});
        paymentsUp.set(true);
        await("nothing is behind").atMost(Duration.ofSeconds(20)).until(() -> lag() == 0);
        assertThat(paused("backoff") + paused("held") + paused("dead_letter_blocked"))
                .isZero();
        assertThat(oldestPause()).isZero();
    }

    @Test
    @DisplayName("D6: records, batches and the time that handlers took are counted; Kafka's own metrics are bound once")
    void healthy() {
        long sent = world.end(topic, 0) + world.end(topic, 1) + world.end(topic, 2);
        await().untilAsserted(() -> {
            assertThat(records("orders"))
                    .isEqualTo(handler.handled().size())
                    .isEqualTo(timer("orders", "record").count());
            assertThat(records("batches"))
                    .isEqualTo(sent)
                    .isEqualTo(meters.get("kafka.listener.batch.size")
                            .tag("listener", "batches")
                            .summary()
                            .totalAmount());
        });
        assertThat(timer("batches", "batch").count()).isPositive().isLessThan(sent);
        assertThat(meters.get("kafka.consumer.coordinator.assigned.partitions").gauges())
                .as("one for each of two consumers")
                .hasSize(2)
                .allMatch(gauge -> gauge.value() == 3);
    }

    @Test
    @DisplayName("D6 P2: a pause shows as paused, with its age, its errors, and what is behind it")
    void pause() {
        double errorsBefore = errors("transient");
        double deadLettersBefore = count("kafka.listener.dead_letters");
        handler.script(record -> {
            if (record.value().equals("late")) {
                throw new RetryLaterException(Duration.ofMillis(1_500));
            }
        });
        world.send(topic, 0, "late");
        for (int number = 0; number < 4; number++) {
            world.send(topic, 0, "behind");
            world.send(topic, 1, "elsewhere");
        }
        world.flush();
        await("paused").until(() -> paused("backoff") == 1);
        await("behind it").until(() -> lag() == 5);
        assertThat(gauge("kafka.listener.lag.max")).isEqualTo(5);
        await("older").until(() -> oldestPause() > 0.3);
        assertThat(errors("transient") - errorsBefore).isPositive();
        assertThat(count("kafka.listener.dead_letters")).isEqualTo(deadLettersBefore);
    }

    @Test
    @DisplayName("D6 N7: partitions that wait for a dependency show as held, not as anything else")
    void hold() {
        double errorsBefore = errors("transient");
        double heldBefore = errors("dependency_down");
        paymentsUp.set(false);
        handler.script(record -> {
            throw new DependencyDownException("payments");
        });
        for (int partition = 0; partition < 3; partition++) {
            world.send(topic, partition, "held");
        }
        world.flush();
        await("held").until(() -> paused("held") == 3 && lag() == 3);
        assertThat(gauge("kafka.listener.lag.max")).isOne();
        assertThat(paused("backoff")).isZero();
        assertThat(errors("dependency_down") - heldBefore).isGreaterThanOrEqualTo(3);
        assertThat(errors("transient")).isEqualTo(errorsBefore);
    }

    @Test
    @DisplayName("D6 N3: a dead letter is counted as one, by its class")
    void deadLetter() {
        double errorsBefore = errors("bad_data");
        double deadLettersBefore = count("kafka.listener.dead_letters");
        handler.script(record -> {
            if (record.value().equals("bad")) {
                throw new BadDataException("unreadable");
            }
        });
        world.send(topic, 2, "bad");
        world.flush();
        await("dead-lettered").until(() -> count("kafka.listener.dead_letters") == deadLettersBefore + 1);
        assertThat(errors("bad_data")).isEqualTo(errorsBefore + 1);
        assertThat(count("kafka.listener.skipped")).isZero();
    }

    @Test
    @DisplayName("D6 D5: partitions that go to another instance are not ours any more, nor is what they are behind")
    void revoked() {
        handler.script(record -> {
            if (record.value().startsWith("stuck")) {
                throw new RetryLaterException(Duration.ofSeconds(2));
            }
        });
        for (int partition = 0; partition < 3; partition++) {
            world.send(topic, partition, "stuck" + partition);
        }
        world.flush();
        await("stuck").until(() -> paused("backoff") == 3 && lag() == 3);
        try (KafkaConsumer<String, String> other = another()) {
            await("revoked").atMost(Duration.ofSeconds(20)).until(() -> {
                other.poll(Duration.ofMillis(100));
                return !other.assignment().isEmpty();
            });
            int left = 3 - other.assignment().size();
            await("fewer").until(() -> gauge("kafka.listener.partitions.assigned") == left && lag() == left);
            assertThat(paused("backoff")).isLessThanOrEqualTo(left);
        }
        await("back").atMost(Duration.ofSeconds(20)).until(() -> gauge("kafka.listener.partitions.assigned") == 3);
    }

    @Test
    @DisplayName("D6: what is not known is not told: lag while Kafka does not answer, or the listener does not run")
    void unknown() {
        world.kafka.freeze();
        try {
            await("unknown").until(() -> Double.isNaN(lag()) && Double.isNaN(gauge("kafka.listener.lag.max")));
        } finally {
            world.kafka.thaw();
        }
        await("known again").atMost(Duration.ofSeconds(20)).until(() -> lag() == 0);
        ResilientListener orders = ListenerWorld.listener(application, "orders");
        orders.container().stop();
        try {
            assertThat(gauge("kafka.listener.partitions.assigned")).isZero();
            assertThat(lag()).isNaN();
        } finally {
            orders.container().start();
        }
        await("running").atMost(Duration.ofSeconds(20)).until(() -> lag() == 0);
    }

    private static KafkaConsumer<String, String> another() {
        Map<String, Object> settings = new HashMap<>(world.kafka.clientConfig());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, topic);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    private static double records(String listener) {
        return meters.get("kafka.listener.records")
                .tag("listener", listener)
                .functionCounter()
                .count();
    }

    private static Timer timer(String listener, String type) {
        return meters.get("kafka.listener.processing")
                .tags("listener", listener, "type", type)
                .timer();
    }

    private static List<String> names() {
        return meters.getMeters().stream()
                .map(Meter::getId)
                .map(Meter.Id::getName)
                .toList();
    }

    private static double lag() {
        return gauge("kafka.listener.lag");
    }

    private static double paused(String state) {
        return gauge("kafka.listener.partitions.paused", "listener", "orders", "state", state);
    }

    private static double oldestPause() {
        return meters.get("kafka.listener.paused.oldest.age")
                .tag("listener", "orders")
                .timeGauge()
                .value(TimeUnit.SECONDS);
    }

    private static double errors(String error) {
        return count("kafka.listener.errors", "listener", "orders", "error", error);
    }

    private static double gauge(String name) {
        return gauge(name, "listener", "orders");
    }

    private static double gauge(String name, String... tags) {
        return meters.get(name).tags(tags).gauge().value();
    }

    private static double count(String name) {
        return count(name, "listener", "orders");
    }

    private static double count(String name, String... tags) {
        return meters.get(name).tags(tags).counter().count();
    }
}
