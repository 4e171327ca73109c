package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilientkafka.message.FailureKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PublisherCircuitTests {

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final CircuitBreaker breaker = CircuitBreaker.of("kafka-publisher", CircuitDefaults.config());

    private final PublisherCircuit circuit = new PublisherCircuit(this.breaker);

    @Test
    @DisplayName("W2: opens when half of at least ten calls met an outage")
    void opensAtHalf() {
        for (int i = 0; i < 5; i++) {
            this.circuit.succeeded(permit(), MILLI);
        }
        for (int i = 0; i < 4; i++) {
            outage(permit());
        }
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
        outage(permit());
        assertThat(this.circuit.state()).isEqualTo(State.OPEN);
        assertThat(this.circuit.tryAcquire()).isNull();
        assertThat(this.circuit.outages().topics()).containsExactly("t");
    }

    @Test
    @DisplayName("W2: opens when half of the calls are slower than two seconds")
    void opensWhenSlow() {
        for (int i = 0; i < 10; i++) {
            this.circuit.succeeded(permit(), 3_000 * MILLI);
        }
        assertThat(this.circuit.state()).isEqualTo(State.OPEN);
    }

    @Test
    void refusalsOfARecordOrTopicAndAFullBufferSayNothingOfKafka() {
        for (int i = 0; i < 100; i++) {
            this.circuit.failed(permit(), "t", FailureKind.RECORD, new RecordTooLargeException(), MILLI);
            this.circuit.failed(permit(), "t", FailureKind.TOPIC, new RecordTooLargeException(), MILLI);
            this.circuit.failed(permit(), "t", FailureKind.OUTAGE, new BufferExhaustedException("full"), MILLI);
        }
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
        assertThat(this.breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
    }

    @Test
    @DisplayName("W2: three trial sends decide a half-open circuit, the permit of a refused record is given back")
    void halfOpen() {
        this.circuit.open(new TimeoutException());
        this.circuit.halfOpen();
        List<Object> permits = List.of(permit(), permit(), permit());
        assertThat(this.circuit.tryAcquire()).isNull();
        this.circuit.failed(permits.get(0), "t", FailureKind.RECORD, new RecordTooLargeException(), MILLI);
        Object again = permit();
        assertThat(this.circuit.tryAcquire()).isNull();
        this.circuit.succeeded(permits.get(1), MILLI);
        this.circuit.succeeded(permits.get(2), MILLI);
        assertThat(this.circuit.state()).isEqualTo(State.HALF_OPEN);
        this.circuit.succeeded(again, MILLI);
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("a result of an older generation neither closes nor opens the circuit, nor gives back a permit")
    void olderGeneration() {
        List<Object> old = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            old.add(permit());
        }
        this.circuit.open(new TimeoutException());
        this.circuit.halfOpen();
        for (int i = 0; i < 5; i++) {
            this.circuit.succeeded(old.get(i), MILLI);
            outage(old.get(5 + i));
            this.circuit.failed(old.get(10 + i), "t", FailureKind.RECORD, new RecordTooLargeException(), MILLI);
            this.circuit.release(old.get(15 + i));
        }
        assertThat(this.circuit.state()).isEqualTo(State.HALF_OPEN);
        assertThat(this.breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
        assertThat(List.of(permit(), permit(), permit())).hasSize(3);
        assertThat(this.circuit.tryAcquire()).isNull();
    }

    @Test
    void aTrialOfOneHalfOpenPhaseDoesNotCountInTheNext() {
        this.circuit.open(new TimeoutException());
        this.circuit.halfOpen();
        Object first = permit();
        this.circuit.open(new TimeoutException());
        this.circuit.halfOpen();
        this.circuit.succeeded(first, MILLI);
        assertThat(this.breaker.getMetrics().getNumberOfBufferedCalls()).isZero();
    }

    @Test
    void trialsAreLeftToTheRelayWhileItHasSomethingToTry() {
        this.circuit.open(new TimeoutException());
        this.circuit.reserveTrials(true);
        this.circuit.halfOpen();
        assertThat(this.circuit.tryAcquireForNewEvent()).isNull();
        assertThat(this.circuit.tryAcquire()).isNotNull();
        this.circuit.reserveTrials(false);
        assertThat(this.circuit.tryAcquireForNewEvent()).isNotNull();
    }

    @Test
    @DisplayName(
            "W2: with nothing to try, answers to the probe close a half-open circuit; the relay's trials they leave alone")
    void probesAreTrials() {
        this.circuit.open(new TimeoutException());
        this.circuit.reserveTrials(true);
        this.circuit.halfOpen();
        for (int i = 0; i < 10; i++) {
            this.circuit.countProbeAsTrial(MILLI);
        }
        assertThat(this.circuit.state()).isEqualTo(State.HALF_OPEN);
        this.circuit.reserveTrials(false);
        for (int i = 0; i < 3; i++) {
            assertThat(this.circuit.state()).isEqualTo(State.HALF_OPEN);
            this.circuit.countProbeAsTrial(MILLI);
        }
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void onlyAnOpenCircuitIsHalfOpened() {
        this.circuit.halfOpen();
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
        this.breaker.transitionToForcedOpenState();
        this.circuit.halfOpen();
        assertThat(this.circuit.state()).isEqualTo(State.FORCED_OPEN);
    }

    private Object permit() {
        return Objects.requireNonNull(this.circuit.tryAcquire());
    }

    private void outage(Object permit) {
        this.circuit.failed(permit, "t", FailureKind.OUTAGE, new TimeoutException(), MILLI);
    }
}
