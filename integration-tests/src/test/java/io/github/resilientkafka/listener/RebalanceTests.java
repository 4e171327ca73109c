package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Partitions come and go while one of them is paused.
 */
@Tag("unhurried")
class RebalanceTests {

    private ListenerWorld world;

    private String topic;

    /** The ways in which a group shares its partitions. */
    enum Protocol {
        EAGER,
        COOPERATIVE,
        CONSUMER
    }

    /**
     * A broker of version 3.9 knows the new protocol, but has to be told.
     */
    private void startWorld(Protocol protocol) {
        LocalKafka kafka = (protocol == Protocol.CONSUMER)
                ? LocalKafka.builder()
                        .property("group.coordinator.rebalance.protocols", "classic,consumer")
                        .property("group.consumer.heartbeat.interval.ms", 500)
                        .property("group.consumer.min.heartbeat.interval.ms", 500)
                        .launch()
                : LocalKafka.shared();
        this.world = new ListenerWorld(kafka);
        this.topic = this.world.topic(3);
    }

    @AfterEach
    void close() {
        this.world.close();
        if (this.world.kafka != LocalKafka.shared()) {
            this.world.kafka.close();
        }
    }

    private TestApplication start(Protocol protocol) {
        TestApplication.Builder builder = this.world
                .application(this.topic, RecordListener.class)
                .with("resilient-kafka.listener.pause", "1500ms")
                .with("resilient-kafka.listener.max-pause", "1500ms")
                .with("resilient-kafka.listener.max-attempts", "100")
                .with("spring.kafka.consumer.properties.metadata.max.age.ms", "500");
        if (protocol != Protocol.CONSUMER) {
            builder.with("spring.kafka.consumer.heartbeat-interval", "200ms");
        }
        if (protocol == Protocol.CONSUMER) {
            builder.with("spring.kafka.consumer.properties.group.protocol", "consumer");
        } else {
            builder.with(
                    "spring.kafka.consumer.properties.partition.assignment.strategy",
                    (protocol == Protocol.EAGER ? RangeAssignor.class : CooperativeStickyAssignor.class).getName());
        }
        return builder.start();
    }

    @ParameterizedTest
    @EnumSource(Protocol.class)
    @DisplayName(
            "P9, D5: an instance joins and leaves, partitions are added, while one is paused: nothing lost, nothing"
                    + " stuck, nothing out of order; a pause outlives a rebalance")
    void joinAndLeave(Protocol protocol) throws Exception {
        startWorld(protocol);
        Set<String> expected = new HashSet<>();
        try (TestApplication first = start(protocol)) {
            ScriptedHandler handler = handler(first);
            handler.script(record -> {
                if (record.value().equals("0-2")) {
                    throw new IllegalStateException("not yet");
                }
            });
            send(expected, 0, 3);
            await("paused").until(() -> partitions(first) == 3 && waiting(first).state() == PartitionState.BACKOFF);

            TestApplication second = start(protocol);
            handler(second).script(record -> {
                if (record.value().equals("0-2")) {
                    throw new IllegalStateException("not yet");
                }
            });
            await("shared")
                    .atMost(Duration.ofSeconds(40))
                    .until(() -> partitions(first) > 0
                            && partitions(second) > 0
                            && partitions(first) + partitions(second) == 3);
            assertThat(paused(first) + paused(second)).as("paused partitions").isLessThanOrEqualTo(1);
            send(expected, 3, 6);
            await("others go on")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> handled(first, second)
                                    .filter(value -> !value.startsWith("0-"))
                                    .distinct()
                                    .count()
                            == 12);
            second.close();
            await("all back").atMost(Duration.ofSeconds(40)).until(() -> partitions(first) == 3);
            this.world
                    .admin
                    .createPartitions(Map.of(this.topic, NewPartitions.increaseTo(4)))
                    .all()
                    .get();
            await("added").atMost(Duration.ofSeconds(40)).until(() -> partitions(first) == 4);
            expected.add("3-0");
            this.world.send(this.topic, 3, "3-0");
            this.world.flush();
            await("its attempts have outlived all rebalances")
                    .until(() -> waiting(first).attempts() == handler.attempts("0-2"));
            handler.script(record -> {});
            await("everything").atMost(Duration.ofSeconds(40)).until(() -> handled(first, second)
                    .collect(Collectors.toSet())
                    .equals(expected));
            assertThat(handler.handled("0-").stream().distinct().toList())
                    .as("first occurrences in order, on the instance that has the partition")
                    .isSortedAccordingTo(String::compareTo);
            assertThat(status(first)).allMatch(partition -> partition.state() == PartitionState.RUNNING);
            await("committed").until(() -> this.world.committed(this.topic, this.topic, 0) == 6);
        }
    }

    private void send(Set<String> expected, int from, int to) {
        for (int partition = 0; partition < 3; partition++) {
            for (int number = from; number < to; number++) {
                expected.add(partition + "-" + number);
                this.world.send(this.topic, partition, partition + "-" + number);
            }
        }
        this.world.flush();
    }

    private static Stream<String> handled(TestApplication first, TestApplication second) {
        return Stream.concat(handler(first).handled().stream(), handlerOfClosed(second).handled().stream());
    }

    private static final Map<TestApplication, ScriptedHandler> handlers = new HashMap<>();

    private static ScriptedHandler handler(TestApplication application) {
        return handlers.computeIfAbsent(application, key -> key.context().getBean(ScriptedHandler.class));
    }

    private static ScriptedHandler handlerOfClosed(TestApplication application) {
        return handlers.get(application);
    }

    private static List<PartitionStatus> status(TestApplication application) {
        return ListenerWorld.listener(application, "orders").partitions();
    }

    private static int partitions(TestApplication application) {
        return status(application).size();
    }

    private static long paused(TestApplication application) {
        return status(application).stream()
                .filter(partition -> partition.state() != PartitionState.RUNNING)
                .count();
    }

    /** Where the first partition stands. */
    private static PartitionStatus waiting(TestApplication application) {
        return status(application).stream()
                .filter(partition -> partition.partition() == 0)
                .findFirst()
                .orElseThrow();
    }
}
