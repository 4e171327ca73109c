package io.github.resilientkafka.publisher;

import io.github.resilientkafka.lifecycle.CarefulLog;
import io.github.resilientkafka.publisher.BacklogPoll.PendingRows;
import io.github.resilientkafka.publisher.BacklogPoll.Round;
import io.github.resilientkafka.store.EventStore;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gates of all lanes, and the thread that moves them on: has the database asked what of them is in it, and sends what
 * was parked. Thread-safe.
 */
final class LaneGates implements EventsUnderWay {

    private static final Logger logger = LoggerFactory.getLogger(LaneGates.class);

    private static final Duration TICK = Duration.ofMillis(100);

    private static final Duration TICK_OF_HANDOVER = Duration.ofMillis(20);

    private static final int BATCHES_OF_HANDOVER = 10;

    private static final Duration TICK_AFTER_ERROR = Duration.ofSeconds(1);

    private final LaneGate[] gates = new LaneGate[EventStore.LANES];

    private final BacklogPoll poll;

    private final Object turn = new Object();

    private final Set<LaneGate> releasing = ConcurrentHashMap.newKeySet();

    private volatile Executor senders = Runnable::run;

    private volatile @Nullable Thread thread;

    /**
     * Creates the gates; {@link #start} loads them.
     * @param timeout how long events may wait for an answer of the database
     * @param batchSize rows that the relay sends at once
     */
    LaneGates(PendingRows pendingRows, PublisherCircuit circuit, Duration timeout, int batchSize) {
        this.poll = new BacklogPoll(pendingRows, circuit, timeout);
        for (int lane = 0; lane < this.gates.length; lane++) {
            // Ids are given across all lanes: so far apart, so many rows are left in all of them, which takes a moment.
            this.gates[lane] = new LaneGate(lane, (long) batchSize * BATCHES_OF_HANDOVER);
        }
    }

    LaneGate of(int lane) {
        return this.gates[lane];
    }

    /**
     * Loads the gates from the database and begins to move them on.
     * @param senders where parked events are sent; each lane may block one of its threads for {@code max.block.ms}
     */
    synchronized void start(Executor senders) {
        if (this.thread == null) {
            this.senders = senders;
            synchronized (this.turn) {
                for (LaneGate gate : this.gates) {
                    gate.reload();
                }
                this.poll.start();
            }
            Thread thread = new Thread(this::run, "resilient-kafka-gates");
            thread.setDaemon(true);
            this.thread = thread;
            thread.start();
        }
    }

    /**
     * Sends what can be sent by now and has the rest stored. A database that does not answer is not waited for longer than
     * a second: what waits for its answer is then sent, if Kafka is there.
     */
    synchronized void stop() {
        Thread thread = this.thread;
        if (thread == null) {
            return;
        }
        this.thread = null;
        LockSupport.unpark(thread);
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        boolean databaseAnswers = !thread.isAlive() && !this.poll.isUnanswered();
        if (databaseAnswers && anyWaits()) {
            ask();
        }
        synchronized (this.turn) {
            for (LaneGate gate : this.gates) {
                if (gate.state() == GateState.LOADING) {
                    gate.openUnasked();
                }
                release(gate);
                gate.close();
            }
        }
    }

    private boolean anyWaits() {
        for (LaneGate gate : this.gates) {
            if (gate.state() == GateState.LOADING || gate.state() == GateState.HANDOVER) {
                return true;
            }
        }
        return false;
    }

    private void releaseSoon(LaneGate gate) {
        if (gate.state() == GateState.RELEASING && !this.releasing.contains(gate)) {
            this.senders.execute(() -> release(gate));
        }
    }

    /**
     * Sends what a gate lets go, unless another thread is about it: then that one goes on. A send may block for
     * {@code max.block.ms}, which only its own lane should notice.
     */
    private void release(LaneGate gate) {
        try {
            while (gate.state() == GateState.RELEASING && this.releasing.add(gate)) {
                try {
                    gate.release();
                } finally {
                    this.releasing.remove(gate);
                }
            }
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, "Parked events of lane {} could not be sent", gate.lane(), ex);
        }
    }

    /**
     * The publisher's producer is about to be closed.
     */
    void producerEnds() {
        for (LaneGate gate : this.gates) {
            gate.producerEnds();
        }
    }

    /**
     * Returns how many gates do not send directly.
     */
    int diverted() {
        int diverted = 0;
        for (LaneGate gate : this.gates) {
            if (gate.state() != GateState.DIRECT) {
                diverted++;
            }
        }
        return diverted;
    }

    @Override
    public @Nullable EventUnderWay find(UUID eventId) {
        for (LaneGate gate : this.gates) {
            EventUnderWay found = gate.find(eventId);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private void run() {
        while (isInCharge()) {
            LockSupport.parkNanos(this, tickSafely().toNanos());
        }
    }

    /**
     * Returns whether the calling thread is the one that moves the gates on: one that a frozen database holds up may have
     * been replaced meanwhile.
     */
    private boolean isInCharge() {
        return this.thread == Thread.currentThread();
    }

    private Duration tickSafely() {
        try {
            ask();
            return moveOn();
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, "The gates could not be moved on", ex);
            return TICK_AFTER_ERROR;
        }
    }

    private Duration moveOn() {
        synchronized (this.turn) {
            boolean soon = false;
            for (LaneGate gate : this.gates) {
                if (isInCharge()) {
                    gate.endLongHandover(System.nanoTime());
                    releaseSoon(gate);
                    soon |= gate.state() == GateState.HANDOVER;
                }
            }
            return (soon && !this.poll.isUnanswered()) ? TICK_OF_HANDOVER : TICK;
        }
    }

    private void ask() {
        Thread asking = this.thread;
        Round round = this.poll.ask(this.gates);
        synchronized (this.turn) {
            // Else held up for so long that the gates were stopped, and perhaps started anew, meanwhile.
            if (round != null && this.thread == asking) {
                this.poll.tell(round, this.gates);
            }
        }
    }
}
