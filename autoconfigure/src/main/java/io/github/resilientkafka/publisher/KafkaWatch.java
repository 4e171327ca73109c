package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.connection.ConnectionError.Kind;
import io.github.resilientkafka.lifecycle.CarefulLog;
import io.github.resilientkafka.lifecycle.CircuitClosed;
import io.github.resilientkafka.lifecycle.CircuitHalfOpened;
import io.github.resilientkafka.lifecycle.CircuitOpened;
import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.lifecycle.KafkaConnected;
import io.github.resilientkafka.lifecycle.KafkaDisconnected;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows whether Kafka is there: connects in the background at the start, and is the recovery probe that half-opens the
 * circuit as soon as Kafka can take records again. It asks once in an interval, and as soon as somebody listens where it found
 * that nobody did.
 */
final class KafkaWatch {

    private static final Logger logger = LoggerFactory.getLogger(KafkaWatch.class);

    private static final int FAILURES_UNTIL_RESET = 60;

    private static final long STOP_MILLIS = 1_000;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final PublisherCircuit circuit;

    private final KafkaProbe probe;

    private final String bootstrapServers;

    private final Duration interval;

    private final LookSchedule schedule;

    private final EventNotifier notifier;

    private final SilenceReason silenceReason;

    private final Clock clock;

    private final PublisherCircuit.Listener onCircuitChange = this::circuitChanged;

    private @Nullable ScheduledExecutorService thread;

    private volatile ConnectionState state = ConnectionState.CONNECTING;

    private volatile boolean answeredOnce;

    private volatile boolean stopping;

    private volatile @Nullable String lastError;

    /** The last one that was told. */
    private volatile State circuitState = State.CLOSED;

    private int failuresInARow;

    KafkaWatch(
            PublisherCircuit circuit,
            KafkaProbe probe,
            String bootstrapServers,
            Duration interval,
            EventNotifier notifier,
            PublisherObserver observer,
            Clock clock) {
        this.circuit = circuit;
        this.probe = probe;
        this.bootstrapServers = bootstrapServers;
        this.interval = interval;
        this.schedule = new LookSchedule(interval, probe::isListenedTo);
        this.notifier = notifier;
        this.silenceReason = new SilenceReason(probe, bootstrapServers, observer);
        this.clock = clock;
    }

    synchronized void start() {
        if (this.thread == null) {
            this.stopping = false;
            ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread created = new Thread(task, "resilient-kafka-probe");
                created.setDaemon(true);
                return created;
            });
            this.circuitState = this.circuit.state();
            this.circuit.addListener(this.onCircuitChange);
            this.schedule.begin();
            long tick = Math.min(LookSchedule.TICK.toMillis(), this.interval.toMillis());
            thread.scheduleWithFixedDelay(() -> lookIfDue(thread), 0, tick, TimeUnit.MILLISECONDS);
            this.thread = thread;
        }
    }

    void stop() {
        ScheduledExecutorService thread;
        synchronized (this) {
            this.stopping = true;
            thread = this.thread;
            this.thread = null;
        }
        if (thread != null) {
            this.circuit.removeListener(this.onCircuitChange);
            thread.shutdownNow();
            try {
                if (!thread.awaitTermination(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                    logger.warn("The recovery probe is still asking, and is left behind");
                }
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
            }
        }
        this.probe.reset();
    }

    ConnectionState state() {
        return this.state;
    }

    /**
     * Returns whether Kafka has answered since the start.
     */
    boolean answeredOnce() {
        return this.answeredOnce;
    }

    @Nullable
    String lastError() {
        return this.lastError;
    }

    /**
     * Returns why Kafka cannot be reached.
     * @return the reason, or null while it can, or has not been asked yet
     */
    @Nullable
    ConnectionError connectionError() {
        // An answer to the probe may end the outage while it is still being explained why it was there.
        return (this.state == ConnectionState.CONNECTED) ? null : this.silenceReason.error();
    }

    private void lookIfDue(ScheduledExecutorService thread) {
        try {
            if (this.schedule.isDue() && !thread.isShutdown()) {
                try {
                    look();
                } finally {
                    this.schedule.looked();
                }
            }
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, "The recovery probe failed, and goes on", ex);
        }
    }

    private void look() {
        try {
            State circuitState = this.circuit.state();
            if (circuitState == State.OPEN || circuitState == State.HALF_OPEN) {
                long start = System.nanoTime();
                if (this.probe.canTake(this.circuit.outages().topics())) {
                    answered();
                    this.circuit.halfOpen();
                    if (circuitState == State.HALF_OPEN) {
                        this.circuit.countProbeAsTrial(System.nanoTime() - start);
                    }
                }
            } else if (circuitState == State.FORCED_OPEN
                    || (this.state != ConnectionState.CONNECTED && this.circuit.isClosed())) {
                this.probe.connect(CONNECT_TIMEOUT);
                answered();
            } else if (this.circuit.outages().takeUnexplained()) {
                askWhetherKafkaIsThere();
            }
        } catch (RuntimeException ex) {
            if (!this.stopping) {
                silent(ex);
            }
        }
    }

    /**
     * A send has failed while the circuit is closed. Is it a matter of one partition, or is Kafka away? An application
     * that sends little, or to a topic that its producer does not know yet, would take long to find out by itself.
     */
    private void askWhetherKafkaIsThere() {
        try {
            this.probe.canTake(this.circuit.outages().topics());
            this.circuit.forgetOutages();
        } catch (KafkaException ex) {
            this.lastError = ex.toString();
            this.circuit.open(ex);
        }
    }

    private void answered() {
        this.failuresInARow = 0;
        this.schedule.answered();
        this.lastError = null;
        this.silenceReason.forget();
        this.answeredOnce = true;
        if (this.state != ConnectionState.CONNECTED) {
            this.state = ConnectionState.CONNECTED;
            logger.info("Kafka at {} answers", this.bootstrapServers);
            this.notifier.publish(new KafkaConnected(this.clock.instant(), this.bootstrapServers));
        }
    }

    private void silent(RuntimeException ex) {
        this.lastError = ex.toString();
        if (!(ex instanceof KafkaException)) {
            logger.error("The recovery probe failed", ex);
        }
        ConnectionState before = this.state;
        if (before != ConnectionState.DISCONNECTED) {
            disconnected(ex.toString());
        }
        if (before == ConnectionState.CONNECTING || before == ConnectionState.DISCONNECTED && this.circuit.isClosed()) {
            // Nobody is to find out again, each for max.block.ms, that Kafka is not there.
            this.circuit.open(ex);
        }
        if (this.silenceReason.explain(ex).kind() == Kind.REFUSED) {
            this.schedule.refused();
        }
        if (++this.failuresInARow % FAILURES_UNTIL_RESET == 0) {
            this.probe.reset();
        }
    }

    private void disconnected(String reason) {
        this.state = ConnectionState.DISCONNECTED;
        this.silenceReason.forget();
        logger.warn(
                "Kafka at {} does not answer; until it is back, events go to the database (if one is used): {}",
                this.bootstrapServers,
                reason);
        this.notifier.publish(new KafkaDisconnected(this.clock.instant(), reason));
    }

    private void circuitChanged(State to) {
        State from = this.circuitState;
        this.circuitState = to;
        switch (to) {
            case OPEN, FORCED_OPEN -> opened(from, to);
            case HALF_OPEN -> this.notifier.publish(new CircuitHalfOpened(this.clock.instant()));
            case CLOSED -> {
                if (from == State.HALF_OPEN) {
                    answered();
                }
                this.notifier.publish(new CircuitClosed(this.clock.instant()));
            }
            default -> logger.info("Circuit breaker {} is {}", PublisherCircuit.NAME, to);
        }
    }

    private void opened(State from, State to) {
        Throwable outage = (to == State.FORCED_OPEN) ? null : this.circuit.lastOutage();
        if (outage != null) {
            this.notifier.publish(new CircuitOpened(this.clock.instant(), outage.toString()));
            if (this.state == ConnectionState.CONNECTED) {
                disconnected(outage.toString());
            }
            return;
        }
        // It has not been Kafka.
        String reason = (from == State.HALF_OPEN && to == State.OPEN)
                ? "the trial sends were slow, or too few"
                : "the application made it " + to;
        logger.warn("Circuit {} lets nothing pass: {}", PublisherCircuit.NAME, reason);
        this.notifier.publish(new CircuitOpened(this.clock.instant(), reason));
    }
}
