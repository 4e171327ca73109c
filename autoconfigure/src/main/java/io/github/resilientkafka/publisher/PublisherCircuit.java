package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.IllegalStateTransitionException;
import io.github.resilientkafka.message.FailureKind;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The circuit breaker {@code kafka-publisher} between this application and Kafka, shared by the publisher and the relay.
 * Internal. Thread-safe.
 * <p>
 * Every permit is a <em>generation</em>: the metrics object of the breaker's state that gave it, which Resilience4j
 * replaces whenever it closes or half-opens. A result is recorded only while that generation lasts, so a send of before
 * an outage can neither close nor open the circuit of after it.
 */
public final class PublisherCircuit {

    /**
     * The breaker's name in {@code resilience4j.circuitbreaker.instances.*}.
     */
    public static final String NAME = "kafka-publisher";

    private static final Logger logger = LoggerFactory.getLogger(PublisherCircuit.class);

    private final CircuitBreaker breaker;

    private final FastSuccesses successes;

    private final SlowAnswers slowAnswers;

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    private final RecentOutages outages = new RecentOutages();

    private volatile boolean trialsReserved;

    /**
     * Is told of state changes, on whatever thread caused them: must be quick and must not throw.
     */
    @FunctionalInterface
    public interface Listener {

        /**
         * The circuit has changed its state.
         * @param state the new state
         */
        void changed(State state);
    }

    PublisherCircuit(CircuitBreaker breaker) {
        this.breaker = breaker;
        this.successes = new FastSuccesses(breaker);
        this.slowAnswers = new SlowAnswers(
                breaker.getCircuitBreakerConfig().getSlowCallDurationThreshold().toNanos());
        breaker.getEventPublisher().onSlowCallRateExceeded(event -> {
            if (this.outages.last() == null) {
                this.outages.note(new KafkaSlowException(event.getSlowCallRate()));
            }
        });
        breaker.getEventPublisher().onStateTransition(event -> {
            State state = event.getStateTransition().getToState();
            logger.info("Circuit {}: {}", NAME, event.getStateTransition());
            if (state == State.CLOSED) {
                this.outages.forget();
            }
            this.listeners.forEach(listener -> listener.changed(state));
        });
    }

    /**
     * Adds a listener.
     * @param listener told of every later change
     */
    public void addListener(Listener listener) {
        this.listeners.add(listener);
    }

    /**
     * Removes a listener.
     * @param listener as added
     */
    public void removeListener(Listener listener) {
        this.listeners.remove(listener);
    }

    /**
     * Asks whether one record may be sent now. A permit must end in exactly one of {@link #succeeded},
     * {@link #failed} or {@link #release}.
     * @return the permit, or null if the circuit refuses
     */
    public @Nullable Object tryAcquire() {
        while (true) {
            Object generation = this.breaker.getMetrics();
            if (!this.breaker.tryAcquirePermission()) {
                return null;
            }
            if (generation == this.breaker.getMetrics()) {
                return generation;
            }
            // The state changed meanwhile: the permit belongs to one we can't name.
            this.breaker.releasePermission();
        }
    }

    /**
     * As {@link #tryAcquire}, for a new event: while the circuit is half-open the trial sends are left to the relay as
     * long as it has stored events to try, else they and the circuit would wait for each other.
     * @return the permit, or null if the circuit refuses
     */
    @Nullable
    Object tryAcquireForNewEvent() {
        if (this.trialsReserved && this.breaker.getState() == State.HALF_OPEN) {
            return null;
        }
        return tryAcquire();
    }

    /**
     * Reserves the trial sends of a half-open circuit for the relay, or leaves them to new events.
     * @param reserved whether the relay has something to try
     */
    public void reserveTrials(boolean reserved) {
        this.trialsReserved = reserved;
    }

    /**
     * Counts an answer to the recovery probe as a trial of a half-open circuit, where there is neither a stored event
     * nor perhaps a new one to try: else the circuit would never close by itself.
     * @param nanos how long Kafka took to answer
     */
    void countProbeAsTrial(long nanos) {
        if (this.breaker.getState() == State.HALF_OPEN) {
            Object permit = tryAcquireForNewEvent();
            if (permit != null) {
                succeeded(permit, nanos);
            }
        }
    }

    /**
     * Kafka has acknowledged a record. What only ends a pause that was counted already is not recorded.
     */
    void acked(Object permit, String topic, int partition, long nowNanos, long nanos) {
        if (this.slowAnswers.isSlow(nanos)
                && !this.slowAnswers.isNews(new TopicPartition(topic, partition), nowNanos - nanos, nowNanos)
                && this.breaker.getState() == State.CLOSED) {
            release(permit);
        } else {
            succeeded(permit, nanos);
        }
    }

    void succeeded(Object permit, long nanos) {
        if (isCurrent(permit)) {
            this.successes.add(permit, nanos);
        }
    }

    void failed(Object permit, String topic, FailureKind kind, Throwable error, long nanos) {
        boolean outage = kind == FailureKind.OUTAGE && !TrackedSend.isOurOwnLimit(error);
        if (outage) {
            this.outages.suspect(topic, error);
        }
        if (isCurrent(permit)) {
            if (outage) {
                this.breaker.onError(nanos, TimeUnit.NANOSECONDS, error);
                this.successes.end();
            } else {
                this.breaker.releasePermission();
            }
        }
    }

    void release(Object permit) {
        if (isCurrent(permit)) {
            this.breaker.releasePermission();
        }
    }

    private boolean isCurrent(Object permit) {
        return permit == this.breaker.getMetrics();
    }

    /**
     * Opens the circuit: Kafka has stopped answering. Does nothing unless it is closed or half-open.
     * @param reason why
     */
    void open(Throwable reason) {
        this.outages.note(reason);
        State state = this.breaker.getState();
        if (state == State.CLOSED || state == State.HALF_OPEN) {
            transition(this.breaker::transitionToOpenState);
        }
    }

    /**
     * Has the recovery probe ask whether Kafka is there. The relay's rows may all wait for one partition: that they are
     * not answered says too little to stop everybody.
     * @param reason what was seen
     */
    public void suspectOutage(Throwable reason) {
        this.outages.suspect(reason);
    }

    /**
     * Half-opens the circuit: Kafka answers. Does nothing unless it is open.
     */
    void halfOpen() {
        if (this.breaker.getState() == State.OPEN) {
            transition(this.breaker::transitionToHalfOpenState);
        }
    }

    private static void transition(Runnable transition) {
        try {
            transition.run();
        } catch (IllegalStateTransitionException ex) {
            logger.debug("The circuit changed by itself meanwhile", ex);
        }
    }

    /**
     * Returns the state.
     * @return as Resilience4j has it
     */
    public State state() {
        return this.breaker.getState();
    }

    /**
     * Returns whether sends go through without restriction.
     * @return true for CLOSED, and for the states in which the breaker is switched off
     */
    public boolean isClosed() {
        State state = this.breaker.getState();
        return state == State.CLOSED || state == State.DISABLED || state == State.METRICS_ONLY;
    }

    /**
     * Returns whether all sends are refused.
     * @return true for OPEN and FORCED_OPEN
     */
    public boolean isOpen() {
        State state = this.breaker.getState();
        return state == State.OPEN || state == State.FORCED_OPEN;
    }

    /**
     * Returns the last error that counted as an outage.
     * @return the error, or null if there was none since the circuit was last closed
     */
    public @Nullable Throwable lastOutage() {
        return this.outages.last();
    }

    /**
     * Forgets single outages: Kafka has answered, and the circuit is closed.
     */
    void forgetOutages() {
        if (isClosed()) {
            this.outages.forget();
        }
    }

    RecentOutages outages() {
        return this.outages;
    }
}
