package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Records successes in the circuit breaker, but those that would change nothing there: a window of so many calls, full of
 * fast successes, is the same after one more. That spares a healthy publisher an eighth of what an event costs its I/O
 * thread: Resilience4j makes an event of every call, with a date and a duration. Thread-safe.
 * <p>
 * Successes are counted in <em>runs</em>. A run ends with every other result, and with the breaker's generation (see
 * {@link PublisherCircuit}), and its successor knows of no success. So as many successes as the window holds, recorded
 * in the run that is the current one, are all that is in the window.
 */
final class FastSuccesses {

    private final CircuitBreaker breaker;

    private final boolean countBased;

    private final int enough;

    private final long slowNanos;

    private volatile Run run = new Run(this);

    private static final class Run {

        private final Object generation;

        private final AtomicInteger recorded = new AtomicInteger();

        Run(Object generation) {
            this.generation = generation;
        }
    }

    FastSuccesses(CircuitBreaker breaker) {
        this.breaker = breaker;
        CircuitBreakerConfig config = breaker.getCircuitBreakerConfig();
        this.countBased = config.getSlidingWindowType() == SlidingWindowType.COUNT_BASED;
        // Twice the window: what others record in this breaker is announced a moment before it is recorded.
        this.enough = 2 * config.getSlidingWindowSize();
        this.slowNanos = config.getSlowCallDurationThreshold().toNanos();
        breaker.getEventPublisher().onError(event -> end());
        breaker.getEventPublisher().onSuccess(event -> {
            if (!isFast(event.getElapsedDuration().toNanos())) {
                end();
            }
        });
    }

    /**
     * Records a success, if it makes a difference.
     * @param generation the breaker's current generation
     * @param nanos how long the call took
     */
    void add(Object generation, long nanos) {
        Run run = runIn(generation);
        boolean fast = isFast(nanos);
        if (fast && this.countBased && run.recorded.get() >= this.enough && this.breaker.getState() == State.CLOSED) {
            return;
        }
        this.breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        if (fast) {
            run.recorded.incrementAndGet();
        } else {
            end();
        }
    }

    /**
     * Ends the run. To be called when anything but a success has been recorded.
     */
    void end() {
        this.run = new Run(this);
    }

    private boolean isFast(long nanos) {
        return nanos <= this.slowNanos;
    }

    private Run runIn(Object generation) {
        Run run = this.run;
        if (run.generation != generation) {
            run = new Run(generation);
            this.run = run;
        }
        return run;
    }
}
