package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilientkafka.lifecycle.CarefulLog;
import io.github.resilientkafka.publisher.ProducerRecreationPolicy.StalledException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one producer alive, and gives it up when it has become useless: the stall detector and its consequences.
 * Internal. Thread-safe.
 * <p>
 * When sends are outstanding and nothing at all was acknowledged for the stall time-out, that is reported first (the
 * publisher opens the circuit), then the producer is closed without waiting, so that everything in flight fails over at
 * once and together, and only then its successor is handed out.
 */
public final class ProducerSessions {

    private static final Logger logger = LoggerFactory.getLogger(ProducerSessions.class);

    private static final Duration TICK = Duration.ofMillis(100);

    private static final int MAX_BACKOFF_SECONDS = 10;

    private final String name;

    private final Supplier<Producer<byte @Nullable [], byte @Nullable []>> factory;

    private final Function<Producer<?, ?>, ServedPartitions> partitions;

    private final PublisherCircuit circuit;

    private final ProducerRecreationPolicy policy;

    private final Duration stallTimeout;

    private final boolean keepsOrder;

    private final Runnable beforeEnd;

    private final Consumer<Throwable> onOutage;

    private final PublisherObserver observer;

    private volatile @Nullable ProducerSession current;

    private @Nullable ScheduledExecutorService watch;

    private final PublisherCircuit.Listener onCircuitChange = this::circuitChanged;

    private long lastCheckNanos;

    private int failuresInARow;

    private long nextTryNanos;

    /**
     * Creates the keeper of one producer; {@link #start} creates the producer.
     * @param name names the watching thread and log lines
     * @param factory creates producers
     * @param partitions asks for a producer which partitions are served
     * @param circuit no producer is created while it is open
     * @param policy decides whether to recreate
     * @param stallTimeout how long the producer may owe an answer without giving any
     * @param keepsOrder whether the first record that meets an outage ends its producer, so that nothing behind it is sent
     * @param beforeEnd run before a producer is given up: from then on none is handed out until its successor is there
     * @param onOutage told why a producer is given up, before it is closed
     * @param observer told of producers that could not be created
     */
    public ProducerSessions(
            String name,
            Supplier<Producer<byte @Nullable [], byte @Nullable []>> factory,
            Function<Producer<?, ?>, ServedPartitions> partitions,
            PublisherCircuit circuit,
            ProducerRecreationPolicy policy,
            Duration stallTimeout,
            boolean keepsOrder,
            Runnable beforeEnd,
            Consumer<Throwable> onOutage,
            PublisherObserver observer) {
        this.name = name;
        this.factory = factory;
        this.partitions = partitions;
        this.circuit = circuit;
        this.policy = policy;
        this.stallTimeout = stallTimeout;
        this.keepsOrder = keepsOrder;
        this.beforeEnd = beforeEnd;
        this.onOutage = onOutage;
        this.observer = observer;
    }

    /**
     * Creates the producer and starts to watch it. Does nothing if that is done. A broker that can't be reached, or
     * whose name can't be resolved, is no obstacle: the latter is tried again in the background.
     * @throws ConfigException if the producer's settings are wrong
     */
    public synchronized void start() {
        if (this.watch == null) {
            try {
                this.current = create();
            } catch (RuntimeException ex) {
                if (!isUnresolved(ex)) {
                    throw ex;
                }
                noteFailure(ex);
            }
            this.circuit.addListener(this.onCircuitChange);
            this.lastCheckNanos = System.nanoTime();
            ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, "resilient-kafka-" + this.name + "-watch");
                thread.setDaemon(true);
                return thread;
            });
            watch.scheduleWithFixedDelay(this::checkSafely, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
            this.watch = watch;
        }
    }

    /**
     * Returns the producer to use now.
     * @return the session, or null while there is none
     */
    public @Nullable ProducerSession current() {
        ProducerSession session = this.current;
        return (session != null && !session.isEnding()) ? session : null;
    }

    /**
     * Closes the producer and stops watching it. Safe to be called again.
     * @param flush how long sends in flight may take; zero fails them at once
     */
    public void stop(Duration flush) {
        ProducerSession session = this.current;
        if (session != null && !flush.isZero()) {
            // Still watched: a broker that hangs just now costs the stall time-out, not the whole flush.
            session.close(flush);
        }
        synchronized (this) {
            if (this.watch != null) {
                this.circuit.removeListener(this.onCircuitChange);
                this.watch.shutdownNow();
                this.watch = null;
            }
            session = this.current;
            this.current = null;
        }
        if (session != null) {
            session.close(Duration.ZERO);
        }
    }

    /**
     * Gives the current producer up: everything in flight fails at once. A new one is created in the background.
     * @param session the producer meant; nothing happens if it has been replaced meanwhile
     * @param reason why: the error of everything that fails
     */
    public synchronized void abandon(ProducerSession session, Throwable reason) {
        if (session == this.current) {
            this.current = null;
            session.abandon(reason);
            if (session.outstanding() > 0) {
                logger.error(
                        "The {} producer was closed and still owes {} answers: their events are in doubt",
                        this.name,
                        session.outstanding());
            }
        }
    }

    private void checkSafely() {
        try {
            check();
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, "The {} producer could not be checked", this.name, ex);
        }
    }

    private synchronized void check() {
        long late = excusableNanos();
        ProducerSession session = this.current;
        if (session == null) {
            recreate();
            return;
        }
        if (session.hasEnded()) {
            logger.info("The {} producer was closed because a record met an outage, and is recreated", this.name);
            this.current = null;
            // Closed in its own callback it could neither wait for its thread nor tidy up behind it.
            session.close(Duration.ZERO);
            noteFailure(null);
            recreate();
            return;
        }
        session.excuse(late);
        if (session.everAcked()) {
            this.failuresInARow = 0;
        }
        Throwable error = session.takeError();
        long silent = session.silentNanos();
        if (silent >= this.stallTimeout.toNanos()) {
            error = new StalledException(session.outstanding(), TimeUnit.NANOSECONDS.toMillis(silent));
        }
        if (error != null && this.policy.shouldRecreate(error)) {
            logger.info("The {} producer is closed and will be recreated: {}", this.name, error.toString());
            // First, or the probe half-opens the circuit, and events leave before the ones in flight are accounted for.
            session.announceEnd();
            this.onOutage.accept(error);
            abandon(session, error);
            noteFailure(null);
            recreate();
        } else if (error instanceof StalledException) {
            this.onOutage.accept(error);
        } else if (this.circuit.isOpen() && session.outstanding() == 0) {
            abandon(session, new IllegalStateException("The circuit is open"));
        }
    }

    /**
     * Returns by how much this check is late, if that is much: the process stood still (a long pause of the garbage
     * collector, a frozen machine), and so did whoever should have noted the answers.
     */
    private long excusableNanos() {
        long now = System.nanoTime();
        long late = now - this.lastCheckNanos - TICK.toNanos();
        this.lastCheckNanos = now;
        return (late > TICK.multipliedBy(5).toNanos()) ? late : 0;
    }

    /**
     * The trials need a producer at once. No lock is taken for any other state: two of these may open the circuit at the
     * same time, each with its own lock held.
     */
    private void circuitChanged(State state) {
        if (state == State.HALF_OPEN) {
            synchronized (this) {
                if (this.current == null) {
                    recreate();
                }
            }
        }
    }

    /**
     * While the circuit is open nothing is sent, and a producer would only fill the log with vain attempts to connect.
     */
    private void recreate() {
        if (this.watch == null || this.circuit.isOpen() || System.nanoTime() - this.nextTryNanos < 0) {
            return;
        }
        try {
            this.current = create();
        } catch (RuntimeException ex) {
            noteFailure(ex);
        }
    }

    private ProducerSession create() {
        Producer<byte @Nullable [], byte @Nullable []> producer = this.factory.get();
        return new ProducerSession(producer, this.partitions.apply(producer), this.keepsOrder, this.beforeEnd);
    }

    /**
     * The first successor comes at once, later ones after 1, 2, 4, 8, 10, 10 … seconds, each shortened by up to half.
     */
    private void noteFailure(@Nullable RuntimeException ex) {
        long seconds = (this.failuresInARow == 0 && ex == null)
                ? 0
                : Math.min(
                        MAX_BACKOFF_SECONDS,
                        1L << Math.min(10, Math.max(0, this.failuresInARow - ((ex == null) ? 1 : 0))));
        this.failuresInARow++;
        long nanos = TimeUnit.SECONDS.toNanos(seconds);
        this.nextTryNanos = System.nanoTime()
                + nanos
                - (long) (nanos * ThreadLocalRandom.current().nextDouble(0.5));
        if (ex != null) {
            this.observer.producerFailed();
            logger.warn("The {} producer could not be created, next try within {} s: {}", this.name, seconds, ex, ex);
        }
    }

    private static boolean isUnresolved(Throwable error) {
        for (@Nullable Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof ConfigException && String.valueOf(e.getMessage()).contains("resolvable bootstrap")) {
                return true;
            }
        }
        return false;
    }
}
