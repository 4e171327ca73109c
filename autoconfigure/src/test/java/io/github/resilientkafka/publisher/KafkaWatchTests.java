package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilientkafka.BrokenLog;
import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.lifecycle.CircuitClosed;
import io.github.resilientkafka.lifecycle.CircuitHalfOpened;
import io.github.resilientkafka.lifecycle.CircuitOpened;
import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.lifecycle.KafkaDisconnected;
import java.net.ConnectException;
import java.time.Clock;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is told of the connection when answers and silence follow each other faster than servers can be stopped.
 */
class KafkaWatchTests {

    private final CircuitBreaker breaker = CircuitBreaker.of(PublisherCircuit.NAME, CircuitDefaults.config());

    private final PublisherCircuit circuit = new PublisherCircuit(this.breaker);

    private final KafkaProbe probe = mock(KafkaProbe.class);

    private final AtomicInteger answers = new AtomicInteger();

    private final Queue<Object> notified = new ConcurrentLinkedQueue<>();

    private KafkaWatch watch = watch(Duration.ofMillis(10));

    @AfterEach
    void stop() {
        this.watch.stop();
    }

    @Test
    @DisplayName("W8: Kafka that goes away again while the circuit is half-open is DISCONNECTED, and it is said why")
    void awayAgainInHalfOpen() {
        startConnected();
        this.circuit.open(new TimeoutException("says the test"));
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.DISCONNECTED);

        this.answers.set(1);
        Awaitility.await().until(() -> this.breaker.getState() == CircuitBreaker.State.HALF_OPEN);
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.DISCONNECTED);
    }

    @Test
    @DisplayName("W8: an outage that ends while it is being looked into leaves no reason behind, nor one for the next")
    void overWhileBeingExplained() {
        AtomicInteger explained = new AtomicInteger();
        given(this.probe.lookBehindTimeout()).willAnswer(call -> {
            if (explained.incrementAndGet() == 1) {
                this.breaker.transitionToClosedState();
            }
            return null;
        });
        startConnected();
        this.circuit.open(new TimeoutException("says the test"));
        Awaitility.await().until(() -> this.watch.state() == ConnectionState.CONNECTED && explained.get() == 1);
        Awaitility.await().during(Duration.ofMillis(200)).until(() -> this.watch.connectionError() == null);
        assertThat(this.circuit.isClosed()).isTrue();

        this.circuit.open(new TimeoutException("says the test"));
        Awaitility.await().until(() -> explained.get() == 2);
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.watch.connectionError().kind()).isEqualTo(ConnectionError.Kind.TIMEOUT);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPEN", "FORCED_OPEN"})
    @DisplayName(
            "W8: a circuit that the application has opened itself says nothing of Kafka, which is asked all the same")
    void openedByTheApplication(CircuitBreaker.State state) {
        this.answers.set(Integer.MAX_VALUE);
        startConnected();
        if (state == CircuitBreaker.State.OPEN) {
            this.breaker.transitionToOpenState();
        } else {
            this.breaker.transitionToForcedOpenState();
        }
        assertThat(this.watch.state()).isEqualTo(ConnectionState.CONNECTED);
        String reason = "the application made it " + state;
        Awaitility.await().untilAsserted(() -> assertThat(this.notified)
                .filteredOn(CircuitOpened.class::isInstance)
                .extracting("reason")
                .containsExactly(reason));
        assertThat(this.notified).noneMatch(KafkaDisconnected.class::isInstance);
    }

    @Test
    @DisplayName("W8: while the application holds the circuit open, Kafka that goes away and comes back is told of")
    void askedWhileHeldOpen() {
        AtomicBoolean away = startConnecting();
        this.breaker.transitionToForcedOpenState();
        away.set(true);
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.DISCONNECTED);
        away.set(false);
        Awaitility.await().until(() -> this.watch.state() == ConnectionState.CONNECTED);
        assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.FORCED_OPEN);
    }

    @Test
    @DisplayName("W8: a circuit that the application closes while Kafka is away says nothing of Kafka, and opens again")
    void closedByTheApplication() {
        AtomicBoolean away = startConnecting();
        this.breaker.transitionToForcedOpenState();
        away.set(true);
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        Awaitility.await().until(() -> this.notified.stream().anyMatch(KafkaDisconnected.class::isInstance));
        this.notified.clear();

        this.breaker.transitionToClosedState();
        Awaitility.await().until(() -> this.breaker.getState() == CircuitBreaker.State.OPEN);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.DISCONNECTED);
        Awaitility.await().untilAsserted(() -> assertThat(this.notified)
                .extracting(Object::getClass)
                .containsExactly(CircuitClosed.class, CircuitOpened.class));
        assertThat(this.notified).last().extracting("reason").asString().contains("TimeoutException");
    }

    @Test
    @DisplayName("W8: trial sends that are slow open the circuit again, and not the application")
    void slowTrials() {
        this.answers.set(Integer.MAX_VALUE);
        startConnected();
        this.circuit.reserveTrials(true);
        this.breaker.transitionToOpenState();
        Awaitility.await().until(() -> this.notified.stream().anyMatch(CircuitHalfOpened.class::isInstance));
        this.breaker.transitionToOpenState();
        Awaitility.await().untilAsserted(() -> assertThat(this.notified)
                .filteredOn(CircuitOpened.class::isInstance)
                .extracting("reason")
                .startsWith("the application made it OPEN", "the trial sends were slow, or too few"));
    }

    @Test
    @DisplayName("P4: where nobody listened, the first to listen is asked at once, whatever the interval")
    void whoeverListensIsAskedAtOnce() {
        AtomicInteger knocks = new AtomicInteger();
        startRefused(() -> knocks.incrementAndGet() > 2, () -> true);
        Awaitility.await().until(() -> this.breaker.getState() == CircuitBreaker.State.HALF_OPEN);
        assertThat(knocks).hasValue(3);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.CONNECTED);
    }

    @Test
    @DisplayName("P4: who listens again and cannot take records yet is asked again, soon and a few times only")
    void whoeverListensIsAskedAFewTimes() {
        AtomicInteger knocks = new AtomicInteger();
        AtomicInteger questions = new AtomicInteger();
        startRefused(() -> knocks.incrementAndGet() > 2, () -> questions.incrementAndGet() < 0);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> questions.get() == 10);
        Awaitility.await().during(Duration.ofSeconds(1)).until(() -> questions.get() == 10 && knocks.get() == 12);
        assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
    }

    @Test
    @DisplayName("An Error while it looks for somebody does not end the probe, nor does one while that is logged")
    void anErrorDoesNotEndTheProbe() {
        AtomicInteger knocks = new AtomicInteger();
        try (BrokenLog log = new BrokenLog(KafkaWatch.class.getName())) {
            startRefused(
                    () -> {
                        if (knocks.incrementAndGet() == 1) {
                            log.breakNext();
                            throw new InternalError("says the test");
                        }
                        return true;
                    },
                    () -> true);
            Awaitility.await().until(() -> this.breaker.getState() == CircuitBreaker.State.HALF_OPEN);
            assertThat(log.hasBroken()).isTrue();
        }
    }

    @Test
    @DisplayName("P4: nobody knocks at a broker that accepts connections and does not answer")
    void nobodyKnocksAtSilence() {
        willThrow(new TimeoutException("no answer (says the test)"))
                .given(this.probe)
                .connect(any());
        given(this.probe.canTake(any())).willThrow(new TimeoutException("no answer (says the test)"));
        this.watch = watch(Duration.ofSeconds(1));
        this.watch.start();
        verify(this.probe, timeout(30_000).atLeast(2)).canTake(any());
        verify(this.probe, never()).isListenedTo();
    }

    /**
     * Starts where nobody listens, and would be asked once an hour.
     */
    private void startRefused(BooleanSupplier isListenedTo, BooleanSupplier takesRecords) {
        willThrow(new TimeoutException("nobody listens (says the test)", new ConnectException("Connection refused")))
                .given(this.probe)
                .connect(any());
        given(this.probe.isListenedTo()).willAnswer(call -> isListenedTo.getAsBoolean());
        given(this.probe.canTake(any())).willAnswer(call -> takesRecords.getAsBoolean());
        this.watch = watch(Duration.ofHours(1));
        this.watch.start();
    }

    private KafkaWatch watch(Duration interval) {
        EventNotifier notifier = new EventNotifier(this.notified::add);
        notifier.afterSingletonsInstantiated();
        return new KafkaWatch(
                this.circuit, this.probe, "broker:9092", interval, notifier, PublisherObserver.NONE, Clock.systemUTC());
    }

    /**
     * Starts with a Kafka that can be connected to, until it is set to be away.
     */
    private AtomicBoolean startConnecting() {
        AtomicBoolean away = new AtomicBoolean();
        willAnswer(call -> {
                    if (away.get()) {
                        throw new TimeoutException("no answer (says the test)");
                    }
                    return null;
                })
                .given(this.probe)
                .connect(any());
        given(this.probe.canTake(any())).willAnswer(call -> {
            throw new TimeoutException("no answer (says the test)");
        });
        this.watch.start();
        Awaitility.await().until(() -> this.watch.state() == ConnectionState.CONNECTED);
        return away;
    }

    private void startConnected() {
        given(this.probe.canTake(any())).willAnswer(call -> {
            if (this.answers.getAndDecrement() > 0) {
                return true;
            }
            throw new TimeoutException("no answer (says the test)");
        });
        this.watch.start();
        Awaitility.await().until(() -> this.watch.state() == ConnectionState.CONNECTED);
    }
}
