package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.RecordInterceptor;

/**
 * While something that a handler needs is away, its partitions wait, at no cost.
 */
@Tag("unhurried")
class DependencyGateTests {

    private static final AtomicBoolean paymentsUp = new AtomicBoolean(true);

    private static final AtomicInteger asked = new AtomicInteger();

    private static final AtomicInteger polls = new AtomicInteger();

    private static ListenerWorld world;

    private static String topic;

    private static TestApplication application;

    private static ScriptedHandler handler;

    private static final ScriptedHandler patient = new ScriptedHandler();

    private static final List<Instant> tried = new CopyOnWriteArrayList<>();

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
        RecordInterceptor<Object, Object> polls() {
            return new RecordInterceptor<>() {

                @Override
                public ConsumerRecord<Object, Object> intercept(
                        ConsumerRecord<Object, Object> record, Consumer<Object, Object> consumer) {
                    return record;
                }

                @Override
                public void setupThreadState(Consumer<?, ?> consumer) {
                    if (consumer.subscription().contains(topic)) {
                        polls.incrementAndGet();
                    }
                }
            };
        }
    }

    /** Fails once, and has a long pause. */
    static class Patient {

        @KafkaListener(id = "patient", topics = "${test.topic}-patient", groupId = "${test.topic}-patient")
        void handle(ConsumerRecord<String, String> record) {
            patient.handle(record);
        }
    }

    @BeforeAll
    static void start() {
        patient.script(record -> {
            if (record.value().equals("flaky")) {
                tried.add(Instant.now());
                if (tried.size() == 1) {
                    throw new IllegalStateException("the first time");
                }
            }
        });
        world = new ListenerWorld(LocalKafka.shared());
        topic = world.topic(3);
        world.kafka.createTopic(topic + "-patient", 2);
        for (int partition = 0; partition < 2; partition++) {
            world.send(topic + "-patient", partition, (partition == 0) ? "flaky" : "other");
            world.send(topic + "-patient", partition, "next" + partition);
        }
        world.flush();
        application = world.application(topic, RecordListener.class, Payments.class, Patient.class)
                .with("resilient-kafka.listener.instances.patient.pause", "9s")
                .with("resilient-kafka.listener.instances.orders.dependencies", "payments")
                .with("spring.kafka.consumer.properties.max.poll.interval.ms", 4_000)
                .with("spring.kafka.listener.poll-timeout", "5ms")
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
            "N7, N8: a dependency down for longer than max.poll.interval.ms and 1,000 polls: no call, no attempt, no"
                    + " rebalance; processing resumes within 2 s")
    void knownToBeDown() {
        ResilientListener listener = listener();
        await("assigned").until(() -> listener.partitions().size() == 3);
        world.send(topic, 0, "first");
        world.flush();
        await("handled").until(() -> handler.handled().contains("first"));
        paymentsUp.set(false);
        int askedBefore = asked.get();
        await("known to be down").until(() -> asked.get() >= askedBefore + 2);
        int before = handler.deliveries();
        for (int partition = 0; partition < 3; partition++) {
            for (int number = 0; number < 5; number++) {
                world.send(topic, partition, "held" + partition + "-" + number);
            }
        }
        world.flush();
        await("held").until(() -> listener.partitions().stream().allMatch(DependencyGateTests::isHeld));
        int pollsBefore = polls.get();
        await("as many polls, for longer than max.poll.interval.ms")
                .atMost(Duration.ofSeconds(30))
                .pollDelay(Duration.ofSeconds(5))
                .until(() -> polls.get() - pollsBefore > 1_000);

        assertThat(handler.deliveries()).as("handler not called").isEqualTo(before);
        assertThat(listener.partitions()).allMatch(DependencyGateTests::isHeld);
        assertThat(listener.partitions()).allMatch(partition -> partition.attempts() == 0);
        assertThat(rebalances("orders")).isEqualTo(1);
        paymentsUp.set(true);
        await("resumed")
                .atMost(Duration.ofSeconds(2))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> handler.handled("held").size() == 15);
        assertThat(handler.delivered("held")).as("no duplicate").isEqualTo(15);
    }

    @Test
    @DisplayName(
            "N7: where nobody can tell of a dependency, a single record is tried now and then, and releases the others")
    void nobodyCanTell() {
        handler.script(record -> {
            if (record.value().startsWith("stock")) {
                throw new DependencyDownException("stock");
            }
        });
        for (int partition = 0; partition < 3; partition++) {
            for (int number = 0; number < 3; number++) {
                world.send(topic, partition, "stock" + partition + "-" + number);
            }
        }
        world.flush();
        await("held").until(() -> listener().partitions().stream().allMatch(DependencyGateTests::isHeld));
        await("tried").until(() -> handler.delivered("stock") >= 6);
        assertThat(handler.delivered("stock"))
                .as("only first records are tried")
                .isEqualTo(IntStream.range(0, 3)
                        .map(partition -> handler.attempts("stock" + partition + "-0"))
                        .sum());
        assertThat(listener().partitions()).allMatch(partition -> partition.attempts() == 0);
        handler.script(record -> {});
        await("all").until(() -> handler.handled("stock").size() == 9);
    }

    @Test
    @DisplayName(
            "N8: a pause more than twice as long as max.poll.interval.ms: no rebalance, no duplicate; others go on")
    void longPause() {
        await("all")
                .atMost(Duration.ofSeconds(20))
                .until(() -> patient.handled().size() == 4);
        assertThat(Duration.between(tried.get(0), tried.get(1))).isGreaterThan(Duration.ofSeconds(8));
        assertThat(patient.handled()).containsExactly("other", "next1", "flaky", "next0");
        assertThat(patient.deliveries()).as("no duplicate").isEqualTo(5);
        assertThat(rebalances("patient")).isEqualTo(1);
    }

    private static boolean isHeld(PartitionStatus partition) {
        return partition.state() == PartitionState.HELD;
    }

    private static ResilientListener listener() {
        return listener("orders");
    }

    private static ResilientListener listener(String id) {
        return ListenerWorld.listener(application, id);
    }

    private static double rebalances(String id) {
        return metric(id, "rebalance-total", "consumer-coordinator-metrics");
    }

    private static double metric(String id, String name, String group) {
        return listener(id).container().metrics().values().stream()
                .flatMap(metrics -> metrics.entrySet().stream())
                .filter(metric -> metric.getKey().name().equals(name)
                        && metric.getKey().group().equals(group))
                .mapToDouble(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
                .sum();
    }
}
