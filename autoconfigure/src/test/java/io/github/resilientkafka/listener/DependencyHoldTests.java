package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import io.github.resilientkafka.listener.ListenerProperties.Batch;
import io.github.resilientkafka.listener.ListenerProperties.Strategy;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Who is let through while partitions wait for a dependency.
 */
class DependencyHoldTests {

    private static final List<TopicPartition> PARTITIONS =
            List.of(new TopicPartition("orders", 0), new TopicPartition("orders", 1), new TopicPartition("orders", 2));

    private final RecordedContainer container = new RecordedContainer();

    private final ListenerThreads threads = new ListenerThreads();

    private final AtomicBoolean up = new AtomicBoolean(true);

    private final Dependencies dependencies =
            new Dependencies(() -> List.of(name -> name.equals("known") ? this.up::get : null));

    private final ListenerPartitions partitions = new ListenerPartitions(
            new PartitionPauser(this.container.container()), this.threads, Clock.systemUTC(), new PartitionEvents() {

                @Override
                public void paused(TopicPartition partition, Trouble trouble) {}

                @Override
                public void recovered(TopicPartition partition, long offset, Trouble trouble) {}
            });

    private DependencyGate gate(Duration pause) {
        ListenerSettings settings = new ListenerSettings(
                pause,
                pause,
                3,
                BadData.DLQ,
                Strategy.PAUSE,
                List.of(),
                new Batch(false, 100, Duration.ofSeconds(1), 3));
        return new DependencyGate(settings, this.dependencies, this.partitions, this.threads);
    }

    @BeforeEach
    void assign() {
        this.partitions.assigned(PARTITIONS, Map.of());
    }

    @AfterEach
    void close() {
        this.threads.close();
        this.dependencies.close();
    }

    private void hold(DependencyGate gate, TopicPartition partition, String dependency) {
        Failure failure =
                new Failure(ErrorClass.DEPENDENCY_DOWN, new DependencyDownException(dependency), dependency, null);
        Trouble trouble = this.partitions.pause(partition, PartitionState.HELD, 5, 0, failure, null);
        gate.hold(partition, dependency, trouble.generation());
    }

    @Test
    @DisplayName("N7: an Error in a dependency's probe is an answer, and it is asked again")
    void anErrorOfTheProbe() {
        AtomicBoolean failed = new AtomicBoolean();
        try (Dependencies fragile = new Dependencies(() -> List.of(name -> () -> {
            if (failed.compareAndSet(false, true)) {
                throw new NoClassDefFoundError("says the test");
            }
            return this.up.get();
        }))) {
            Dependency dependency = fragile.named("fragile");
            await("asked").untilTrue(failed);
            await("up again").until(() -> !dependency.isDown());
            this.up.set(false);
            await("asked again").until(dependency::isDown);
        }
    }

    @Test
    @DisplayName("N7: one partition is let through to try, and its success releases the others")
    void oneTries() {
        DependencyGate gate = gate(Duration.ofMillis(50));
        PARTITIONS.forEach(partition -> hold(gate, partition, "stock"));
        await("one tries").pollInSameThread().until(() -> polled().paused.size() < 3);
        TopicPartition trying = trying();
        this.partitions.done(trying, 5);
        gate.answered(trying);
        await("the others").pollInSameThread().until(() -> polled().paused.isEmpty());
    }

    @Test
    @DisplayName("N7: where the one that tries has no record any more, another one has its turn")
    void takesTurns() {
        DependencyGate gate = gate(Duration.ofMillis(20));
        PARTITIONS.forEach(partition -> hold(gate, partition, "stock"));
        await("a second one tries")
                .pollInSameThread()
                .until(() -> polled().paused.size() <= 1);
    }

    @Test
    @DisplayName("N7: one that fails again and again does not keep the others from their turn")
    void stubborn() {
        DependencyGate gate = gate(Duration.ofMillis(5));
        PARTITIONS.forEach(partition -> hold(gate, partition, "stock"));
        Set<TopicPartition> tried = new HashSet<>();
        await("all have tried").pollInSameThread().until(() -> {
            this.partitions.beforePoll();
            PARTITIONS.stream()
                    .filter(partition -> !this.container.paused.contains(partition))
                    .forEach(partition -> {
                        tried.add(partition);
                        hold(gate, partition, "stock");
                    });
            return tried.size() == PARTITIONS.size();
        });
    }

    @Test
    @DisplayName("N7: while a dependency is known to be down, nobody tries; its return is told at once")
    void knownToBeDown() throws InterruptedException {
        this.up.set(false);
        DependencyGate gate = gate(Duration.ofMillis(10));
        Dependency known = this.dependencies.named("known");
        await("down").until(known::isDown);
        PARTITIONS.forEach(partition -> hold(gate, partition, "known"));
        CountDownLatch later = new CountDownLatch(1);
        this.threads.schedule(Duration.ofMillis(100), later::countDown);
        later.await();
        assertThat(polled().paused).hasSize(3);
        this.up.set(true);
        await("one tries")
                .pollInSameThread()
                .atMost(Duration.ofSeconds(2))
                .until(() -> polled().paused.size() < 3);
    }

    @Test
    @DisplayName("N7: two dependencies are down: whoever learns of the second one lets the others find out, too")
    void anotherDependency() {
        this.up.set(false);
        DependencyGate gate = gate(Duration.ofHours(1));
        await("down").until(() -> this.dependencies.named("known").isDown());
        PARTITIONS.forEach(partition -> hold(gate, partition, "known"));
        this.up.set(true);
        await("one tries").pollInSameThread().until(() -> polled().paused.size() < 3);
        TopicPartition trying = trying();
        hold(gate, trying, "stock");
        await("the others try").pollInSameThread().until(() -> polled().paused.equals(Set.of(trying)));
    }

    @Test
    @DisplayName("P9: partitions that go are not waited for")
    void gone() {
        DependencyGate gate = gate(Duration.ofMillis(50));
        PARTITIONS.forEach(partition -> hold(gate, partition, "stock"));
        await("one tries").pollInSameThread().until(() -> polled().paused.size() < 3);
        TopicPartition trying = trying();
        gate.forget(List.of(trying));
        this.partitions.revoked(List.of(trying), false);
        await("another one tries")
                .pollInSameThread()
                .until(() -> polled().paused.size() < 2);
    }

    private TopicPartition trying() {
        Set<TopicPartition> released = new HashSet<>(PARTITIONS);
        released.removeAll(this.container.paused);
        return released.iterator().next();
    }

    /** As its consumer would, before each poll. */
    private RecordedContainer polled() {
        this.partitions.beforePoll();
        return this.container;
    }
}
