package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What late answers say to the circuit. Times are milliseconds of a clock of the test's own.
 */
class SlowAnswersTests {

    private static final long START = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(20); // the clock may run over

    private final CircuitBreaker breaker = CircuitBreaker.of(PublisherCircuit.NAME, CircuitDefaults.config());

    private final PublisherCircuit circuit = new PublisherCircuit(this.breaker);

    @Test
    @DisplayName("W2: thousands of sends that waited for new leaders are one slow call: the circuit stays closed")
    void onePauseCountsOnce() {
        for (int fast = 0; fast < 50; fast++) {
            answer(fast, fast, fast + 1);
        }
        for (int sent = 50; sent < 1_000; sent++) {
            answer(sent % 100, sent, 3_000 + sent / 100);
        }
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
        assertThat(this.breaker.getMetrics().getNumberOfSlowCalls()).isEqualTo(1);
    }

    @Test
    @DisplayName("W2: a partition whose leader comes back later than the others' has a pause of its own")
    void partitionsComeBackOneByOne() {
        for (int sent = 0; sent < 3_000; sent++) {
            answer(0, sent, 3_000);
        }
        for (int sent = 0; sent < 6_000; sent++) {
            answer(1, sent, 6_000);
        }
        assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
        assertThat(this.breaker.getMetrics().getNumberOfSlowCalls()).isLessThanOrEqualTo(3);
    }

    @Test
    @DisplayName(
            "W2: a Kafka that goes on answering slowly opens the circuit, as soon as what was sent later is slow again")
    void steadilySlow() {
        int sent = 0;
        while (this.circuit.state() == State.CLOSED && sent < 60_000) {
            answer(sent % 3, sent, sent + 3_000);
            sent++;
        }
        assertThat(this.circuit.state()).isEqualTo(State.OPEN);
        assertThat(sent).isBetween(3_000, 3_100);
        assertThat(this.circuit.lastOutage())
                .hasMessage(
                        "Kafka answers too slowly: 100 % of the last sends took longer than slow-call-duration-threshold");
    }

    @Test
    @DisplayName("W2: of an application that sends one record after the other each slow one counts")
    void oneByOne() {
        for (int sent = 0; sent < 10; sent++) {
            assertThat(this.circuit.state()).isEqualTo(State.CLOSED);
            answer(0, 5_000 * sent, 5_000 * sent + 3_000);
        }
        assertThat(this.circuit.state()).isEqualTo(State.OPEN);
    }

    @Test
    @DisplayName("W2: each trial of a half-open circuit is counted, also those of one pause")
    void trialsCount() {
        this.circuit.open(new IllegalStateException("says the test"));
        this.circuit.halfOpen();
        for (int trial = 0; trial < 3; trial++) {
            answer(0, 0, 3_000);
        }
        assertThat(this.circuit.state()).isEqualTo(State.OPEN);
    }

    private void answer(int partition, long sentMillis, long nowMillis) {
        Object permit = Objects.requireNonNull(this.circuit.tryAcquire());
        this.circuit.acked(
                permit,
                "orders",
                partition,
                START + TimeUnit.MILLISECONDS.toNanos(nowMillis),
                TimeUnit.MILLISECONDS.toNanos(nowMillis - sentMillis));
    }
}
