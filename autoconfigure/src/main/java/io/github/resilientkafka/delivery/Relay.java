package io.github.resilientkafka.delivery;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.store.GroupCommitWriter;
import io.github.resilientkafka.store.RetryStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;

/**
 * The retry service: keeps the workers, and wakes them when the circuit lets records through or rows were stored while
 * it does.
 */
final class Relay implements FailedEventRetryService, SmartLifecycle, DisposableBean {

    private static final Logger logger = LoggerFactory.getLogger(Relay.class);

    /**
     * Stops before the publisher.
     */
    static final int PHASE = Integer.MIN_VALUE + 3_000;

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);

    private final RelayContext context;

    private final Purge purge;

    private final ReplayJobs replays;

    private final PublisherCircuit.Listener onCircuitChange = this::circuitChanged;

    private volatile List<RelayWorker> workers = List.of();

    private boolean destroyed;

    Relay(RelayContext context, GroupCommitWriter writer, Purge purge, ReplayJobs replays) {
        this.context = context;
        this.purge = purge;
        this.replays = replays;
        writer.onCommit(this::rowsStored);
        replays.onRowsReplayed(() -> wakeUp(false));
    }

    private void circuitChanged(State state) {
        switch (state) {
            case OPEN -> {
                this.context.circuit().reserveTrials(true);
                this.context.holds().clear();
            }
            case HALF_OPEN, CLOSED -> wakeUp(false);
            default -> {
                // Switched by hand: the interval will do.
            }
        }
    }

    private void rowsStored() {
        if (this.context.circuit().isClosed()) {
            wakeUp(false);
        }
    }

    private void wakeUp(boolean fullPass) {
        this.workers.forEach(worker -> worker.wakeUp(fullPass));
    }

    @Override
    public RetryStats getRetryStats() {
        return this.context.failedEvents().stats();
    }

    @Override
    public void drainNow() {
        wakeUp(true);
    }

    @Override
    public boolean retry(long id) {
        boolean found =
                this.context.failedEvents().retry(id, this.context.clock().instant());
        if (found) {
            logger.info("Row {} of failed_kafka_events is due again on request", id);
            drainNow();
        }
        return found;
    }

    @Override
    public boolean discard(long id) {
        boolean found = this.context.failedEvents().discard(id);
        if (found) {
            logger.warn("Row {} of failed_kafka_events was discarded on request: its event is given up", id);
        }
        return found;
    }

    @Override
    public ReplayJob replayDeadLetters(String topic, ReplayOptions options) {
        return this.replays.start(topic, options);
    }

    @Override
    public List<ReplayJob> replayJobs() {
        return this.replays.jobs();
    }

    @Override
    public Optional<ReplayJob> replayJob(UUID id) {
        return this.replays.job(id);
    }

    @Override
    public synchronized void start() {
        if (this.workers.isEmpty() && this.context.properties().enabled() && !this.destroyed) {
            this.context.sessions().start();
            this.context.circuit().addListener(this.onCircuitChange);
            String instance = UUID.randomUUID().toString();
            AtomicInteger busyWorkers = new AtomicInteger();
            List<RelayWorker> workers = new ArrayList<>();
            for (int i = 0; i < this.context.properties().concurrency(); i++) {
                workers.add(new RelayWorker(
                        "resilient-kafka-relay-" + i,
                        this.context,
                        instance + "/" + i,
                        busyWorkers,
                        (i == 0) ? this.purge : null));
            }
            this.workers = List.copyOf(workers);
            workers.forEach(Thread::start);
        }
    }

    /**
     * Lets the workers settle the batch they are at, then stops them and gives their lanes back.
     */
    @Override
    public synchronized void stop() {
        List<RelayWorker> stopping = this.workers;
        if (stopping.isEmpty()) {
            return;
        }
        this.workers = List.of();
        this.context.circuit().removeListener(this.onCircuitChange);
        this.context.circuit().reserveTrials(false);
        stopping.forEach(RelayWorker::finish);
        if (!this.context.circuit().isClosed()) {
            this.context.sessions().stop(Duration.ZERO);
        }
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        for (RelayWorker worker : stopping) {
            join(worker, deadline);
        }
        this.context.sessions().stop(Duration.ZERO);
    }

    private static void join(RelayWorker worker, long deadlineNanos) {
        try {
            worker.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime())));
            if (worker.isAlive()) {
                logger.warn("{} does not stop by itself and is interrupted", worker.getName());
                worker.interrupt();
                worker.join(1_000);
            }
        } catch (InterruptedException ex) {
            worker.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void destroy() {
        stop();
        this.destroyed = true;
    }

    @Override
    public boolean isRunning() {
        return !this.workers.isEmpty();
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
