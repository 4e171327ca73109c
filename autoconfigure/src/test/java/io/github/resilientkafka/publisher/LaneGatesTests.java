package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilientkafka.publisher.GateWorld.Event;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class LaneGatesTests {

    private static final Duration TIMEOUT = Duration.ofMillis(300);

    private final CircuitBreaker breaker = CircuitBreaker.of(PublisherCircuit.NAME, CircuitDefaults.config());

    private final PublisherCircuit circuit = new PublisherCircuit(this.breaker);

    private final CountDownLatch frozen = new CountDownLatch(1);

    private final CountDownLatch asked = new CountDownLatch(1);

    private final GateWorld world = new GateWorld();

    private final Event event = this.world.new Event();

    private LaneGates gates = gates(lanes -> List.of());

    @AfterEach
    void thaw() {
        this.frozen.countDown();
        this.gates.stop();
    }

    @Test
    @DisplayName("W5: gates are loaded from the database: those with rows store, the others send")
    void loading() {
        start(gates(lanes -> List.of(new LaneBacklog(3, 1, 2_000_000))));
        Awaitility.await().until(() -> this.gates.of(3).state() == GateState.STORING);
        Awaitility.await().until(() -> this.gates.diverted() == 1);
    }

    @Test
    @DisplayName("W5: a database that cannot be asked: events wait for the time-out, then go to a healthy Kafka")
    void unaskableWithKafka() {
        start(gates(this::fails));
        this.gates.of(0).publish(this.event);
        assertThat(this.world.inFlight).isEmpty();
        Awaitility.await().until(() -> this.world.inFlight.contains(this.event));
    }

    @Test
    @DisplayName("W5: neither the database nor Kafka: the writer gets the events, and its time-out ends their futures")
    void unaskableWithoutKafka() {
        this.breaker.transitionToOpenState();
        start(gates(this::fails));
        this.gates.of(0).publish(this.event);
        Awaitility.await().until(() -> this.world.writer.contains(this.event));
    }

    @Test
    @DisplayName("H11: the application stops while the database is frozen: what waits for its answer goes to Kafka")
    void stoppedWhileFrozen() throws InterruptedException {
        start(gates(this::freezes));
        this.asked.await();
        this.gates.of(0).publish(this.event);
        this.gates.stop();
        assertThat(this.world.inFlight).containsExactly(this.event);
    }

    @Test
    @DisplayName("H11: an application that ends at once still finds out whether its events may be sent")
    void stoppedAtOnce() {
        start(gates(lanes -> List.of(new LaneBacklog(0, 1, 1))));
        this.gates.of(0).publish(this.event);
        this.gates.stop();
        assertThat(this.world.inFlight).isEmpty();
        assertThat(this.world.writer).containsExactly(this.event);
    }

    @Test
    @DisplayName("H11: stopped and started again while the database is frozen, one thread moves the gates")
    void restartedWhileFrozen() throws InterruptedException {
        start(gates(this::freezes));
        this.asked.await();
        this.gates.stop();
        this.gates.start(Runnable::run);
        this.frozen.countDown();
        Awaitility.await().until(() -> threads() == 1);
        Awaitility.await().until(() -> this.gates.diverted() == 0);
    }

    @Test
    @DisplayName("W5: a question from before a restart says nothing: not even that the database could not be asked")
    void anAnswerFromBeforeARestart() throws InterruptedException {
        AtomicBoolean first = new AtomicBoolean(true);
        start(gates(lanes -> {
            if (first.getAndSet(false)) {
                freezes(lanes);
                return fails(lanes);
            }
            return List.of(new LaneBacklog(0, 1, 2_000_000));
        }));
        this.asked.await();
        this.gates.stop();
        this.gates.start(Runnable::run);
        Awaitility.await().until(() -> this.gates.of(0).state() == GateState.STORING);
        this.frozen.countDown();
        Awaitility.await().until(() -> threads() == 1);
        assertThat(this.gates.of(0).state()).isEqualTo(GateState.STORING);
    }

    @Test
    @DisplayName("W5: a send that blocks (max.block.ms) holds up its own lane, no other one, nor what is asked")
    void aSlowSendBlocksOnlyItsLane() {
        GateWorld other = new GateWorld();
        Event others = other.new Event();
        AtomicBoolean backlog = new AtomicBoolean();
        CountDownLatch parked = new CountDownLatch(1);
        this.world.meanwhile = () -> await(this.frozen);
        ExecutorService senders = Executors.newCachedThreadPool();
        try {
            this.gates = gates(lanes -> {
                await(parked);
                return backlog.get() ? List.of(new LaneBacklog(2, 1, 2_000_000)) : List.of();
            });
            this.gates.start(senders);
            this.gates.of(0).publish(this.event);
            this.gates.of(1).publish(others);
            parked.countDown();
            Awaitility.await().until(() -> other.inFlight.contains(others));
            backlog.set(true);
            Awaitility.await().until(() -> this.gates.of(2).state() == GateState.STORING);
            assertThat(this.gates.of(0).state()).isEqualTo(GateState.RELEASING);
            this.frozen.countDown();
            Awaitility.await().until(() -> this.gates.of(0).state() == GateState.DIRECT);
            assertThat(this.world.inFlight).containsExactly(this.event);
        } finally {
            this.frozen.countDown();
            senders.shutdown();
        }
    }

    @Test
    @DisplayName("W5: an error while parked events are sent is told as what it is; the next turn sends them")
    void anErrorInASend(CapturedOutput output) {
        CountDownLatch parked = new CountDownLatch(1);
        AtomicReference<Throwable> escaped = new AtomicReference<>();
        this.world.beforePermit = () -> {
            throw new IllegalStateException("a bug");
        };
        this.gates = gates(lanes -> {
            await(parked);
            return List.of();
        });
        this.gates.start(task -> {
            try {
                task.run();
            } catch (RuntimeException ex) {
                escaped.set(ex);
            }
        });
        this.gates.of(0).publish(this.event);
        parked.countDown();
        Awaitility.await().until(() -> this.world.inFlight.contains(this.event));
        assertThat(escaped).hasNullValue();
        assertThat(output).contains("Parked events of lane 0 could not be sent", "a bug");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("resilient-kafka-gates"))
                .count();
    }

    private List<LaneBacklog> fails(List<Integer> lanes) {
        throw new IllegalStateException("no database (says the test)");
    }

    private List<LaneBacklog> freezes(List<Integer> lanes) {
        this.asked.countDown();
        await(this.frozen);
        return List.of();
    }

    private LaneGates gates(BacklogPoll.PendingRows rows) {
        return new LaneGates(rows, this.circuit, TIMEOUT, 1000);
    }

    private void start(LaneGates gates) {
        this.gates = gates;
        gates.start(Runnable::run);
    }
}
