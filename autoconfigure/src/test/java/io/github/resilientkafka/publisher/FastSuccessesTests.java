package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FastSuccessesTests {

    private static final long SLOW_MILLIS = 100;

    private static final long AT_THE_THRESHOLD = TimeUnit.MILLISECONDS.toNanos(SLOW_MILLIS);

    private static final long SLOW = AT_THE_THRESHOLD + 1;

    private static final int WINDOW = 10;

    private static final int ENOUGH = 2 * WINDOW;

    private final AtomicInteger recorded = new AtomicInteger();

    private static CircuitBreakerConfig.Builder config(int window) {
        return CircuitBreakerConfig.custom()
                .slidingWindowType(SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(window)
                .minimumNumberOfCalls(window)
                .slowCallDurationThreshold(Duration.ofMillis(SLOW_MILLIS))
                .waitDurationInOpenState(Duration.ofHours(1));
    }

    private CircuitBreaker breaker(CircuitBreakerConfig config) {
        CircuitBreaker breaker = CircuitBreaker.of("kafka-publisher", config);
        breaker.getEventPublisher().onSuccess(event -> this.recorded.incrementAndGet());
        return breaker;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 50})
    @DisplayName("W2: the circuit is at every moment in the state it would be in, had every result been recorded")
    void equivalence(int window) {
        int spared = 0;
        for (int seed = 0; seed < 200; seed++) {
            spared += compareWithABreakerThatRecordsEverything(window, new Random(seed));
        }
        assertThat(spared).as("successes not recorded").isGreaterThan(1_000 * window);
    }

    private int compareWithABreakerThatRecordsEverything(int window, Random random) {
        CircuitBreakerConfig config = config(window)
                .minimumNumberOfCalls(1 + random.nextInt(window))
                .failureRateThreshold(20 + random.nextInt(80))
                .slowCallRateThreshold(20 + random.nextInt(80))
                .permittedNumberOfCallsInHalfOpenState(1 + random.nextInt(5))
                .build();
        this.recorded.set(0);
        CircuitBreaker breaker = breaker(config);
        PublisherCircuit circuit = new PublisherCircuit(breaker);
        CircuitBreaker every = CircuitBreaker.of("every", config);
        int successes = 0;
        for (int i = 0; i < 100; i++) {
            int repeat = 1;
            int kind = random.nextInt(10);
            if (kind < 4) {
                repeat = random.nextInt(4 * window);
            }
            for (int j = 0; j < repeat; j++) {
                Object permit = circuit.tryAcquire();
                assertThat(every.tryAcquirePermission()).isEqualTo(permit != null);
                if (permit == null) {
                    circuit.halfOpen();
                    every.transitionToHalfOpenState();
                } else if (kind < 6) {
                    long nanos = (kind < 5) ? AT_THE_THRESHOLD : SLOW;
                    circuit.succeeded(permit, nanos);
                    every.onSuccess(nanos, TimeUnit.NANOSECONDS);
                    successes++;
                } else if (kind < 8) {
                    outage(circuit, permit, (kind == 6) ? 1 : SLOW);
                    every.onError((kind == 6) ? 1 : SLOW, TimeUnit.NANOSECONDS, new TimeoutException());
                } else if (kind == 8) {
                    circuit.release(permit);
                    every.releasePermission();
                } else if (random.nextInt(10) == 0) {
                    circuit.release(permit);
                    every.releasePermission();
                    breaker.reset();
                    every.reset();
                } else {
                    // By somebody else, in the same breaker.
                    breaker.onError(1, TimeUnit.NANOSECONDS, new TimeoutException());
                    every.onError(1, TimeUnit.NANOSECONDS, new TimeoutException());
                }
                assertThat(figures(breaker)).isEqualTo(figures(every));
            }
        }
        return successes - this.recorded.get();
    }

    private static List<Object> figures(CircuitBreaker breaker) {
        CircuitBreaker.Metrics metrics = breaker.getMetrics();
        return List.of(
                breaker.getState(),
                metrics.getNumberOfBufferedCalls(),
                metrics.getNumberOfFailedCalls(),
                metrics.getNumberOfSlowSuccessfulCalls(),
                metrics.getNumberOfSlowFailedCalls());
    }

    @Test
    void aHealthyCircuitRecordsTwiceItsWindowAndNoMore() {
        PublisherCircuit circuit = new PublisherCircuit(breaker(config(WINDOW).build()));
        succeed(circuit, 1_000);
        assertThat(this.recorded).hasValue(ENOUGH);
        circuit.succeeded(permit(circuit), SLOW);
        succeed(circuit, 1_000);
        assertThat(this.recorded).hasValue(2 * ENOUGH + 1);
    }

    @Test
    void aTimeBasedWindowForgetsSoEverySuccessIsRecorded() {
        PublisherCircuit circuit = new PublisherCircuit(breaker(
                config(WINDOW).slidingWindowType(SlidingWindowType.TIME_BASED).build()));
        succeed(circuit, 1_000);
        assertThat(this.recorded).hasValue(1_000);
    }

    @ParameterizedTest
    @EnumSource(names = {"METRICS_ONLY", "DISABLED"})
    void aBreakerThatIsSwitchedOffIsToldOfEverySuccess(State state) {
        CircuitBreaker breaker = breaker(config(WINDOW).build());
        PublisherCircuit circuit = new PublisherCircuit(breaker);
        succeed(circuit, 1_000);
        this.recorded.set(0);
        if (state == State.METRICS_ONLY) {
            breaker.transitionToMetricsOnlyState();
        } else {
            breaker.transitionToDisabledState();
        }
        succeed(circuit, 1_000);
        // A disabled breaker publishes no event of a call, whoever asks it to record one.
        assertThat(this.recorded).hasValue((state == State.METRICS_ONLY) ? 1_000 : 0);
    }

    @Test
    @DisplayName(
            "W2: every trial of a half-open circuit counts, even where it takes more of them than the window holds")
    void trials() {
        PublisherCircuit circuit = new PublisherCircuit(breaker(config(1)
                .minimumNumberOfCalls(8)
                .permittedNumberOfCallsInHalfOpenState(8)
                .build()));
        succeed(circuit, 100);
        circuit.open(new TimeoutException());
        circuit.halfOpen();
        succeed(circuit, 7);
        assertThat(circuit.state()).isEqualTo(State.HALF_OPEN);
        succeed(circuit, 1);
        assertThat(circuit.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void whatSomebodyElseRecordsIsNotKeptForEver() {
        CircuitBreaker breaker = breaker(config(WINDOW).build());
        PublisherCircuit circuit = new PublisherCircuit(breaker);
        succeed(circuit, 100);
        breaker.onError(1, TimeUnit.NANOSECONDS, new TimeoutException());
        breaker.onSuccess(SLOW, TimeUnit.NANOSECONDS);
        assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isOne();
        assertThat(breaker.getMetrics().getNumberOfSlowCalls()).isOne();
        succeed(circuit, WINDOW);
        assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isZero();
        assertThat(breaker.getMetrics().getNumberOfSlowCalls()).isZero();
    }

    @Test
    void noFailureAmongSuccessesOfOtherThreadsIsKeptForEver() throws Exception {
        CircuitBreaker breaker =
                breaker(config(WINDOW).failureRateThreshold(100).build());
        PublisherCircuit circuit = new PublisherCircuit(breaker);
        int threads = 3;
        CyclicBarrier start = new CyclicBarrier(threads + 1);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 500; round++) {
                List<Future<?>> successes = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    successes.add(executor.submit(() -> {
                        start.await();
                        succeed(circuit, 2 * ENOUGH);
                        return null;
                    }));
                }
                start.await();
                outage(circuit, permit(circuit), 1);
                for (Future<?> success : successes) {
                    success.get();
                }
                succeed(circuit, WINDOW);
                assertThat(breaker.getMetrics().getNumberOfFailedCalls()).isZero();
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(circuit.state()).isEqualTo(State.CLOSED);
    }

    private static void succeed(PublisherCircuit circuit, int times) {
        for (int i = 0; i < times; i++) {
            circuit.succeeded(permit(circuit), 1);
        }
    }

    private static Object permit(PublisherCircuit circuit) {
        return Objects.requireNonNull(circuit.tryAcquire());
    }

    private static void outage(PublisherCircuit circuit, Object permit, long nanos) {
        circuit.failed(permit, "t", FailureKind.OUTAGE, new TimeoutException(), nanos);
    }
}
