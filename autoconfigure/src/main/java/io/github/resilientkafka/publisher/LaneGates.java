package io.github.resilientkafka.publisher;

import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.publisher.LaneGate.State;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gates of all lanes, and the thread that moves them on: asks the database for all of them at once, and sends what
 * was parked. Thread-safe.
 */
final class LaneGates implements EventsUnderWay {

    private static final Logger logger = LoggerFactory.getLogger(LaneGates.class);

    private static final Duration TICK = Duration.ofMillis(100);

    private static final Duration TICK_OF_HANDOVER = Duration.ofMillis(20);

    private static final int BATCHES_OF_HANDOVER = 10;

    private static final Duration OTHERS_BACKLOG_INTERVAL = Duration.ofSeconds(1);

    private final LaneGate[] gates = new LaneGate[EventStore.LANES];

    private final PendingRows pendingRows;

    private final PublisherCircuit circuit;

    private final Duration timeout;

    private final Object turn = new Object();

    private volatile @Nullable Thread thread;

    private long nextStoringNanos;

    private long nextDirectNanos;

    private long unansweredSinceNanos;

    private volatile boolean unanswered;

    private boolean warned;

    /**
     * Where gates learn what of their lanes is still in the database.
     */
    @FunctionalInterface
    interface PendingRows {

        /**
         * Returns those of the lanes that have pending rows of outages.
         */
        List<LaneBacklog> of(List<Integer> lanes);
    }

    /**
     * Creates the gates; {@link #start} loads them.
     * @param timeout how long events may wait for an answer of the database
     * @param batchSize rows that the relay sends at once
     */
    LaneGates(PendingRows pendingRows, PublisherCircuit circuit, Duration timeout, int batchSize) {
        this.pendingRows = pendingRows;
        this.circuit = circuit;
        this.timeout = timeout;
        for (int lane = 0; lane < this.gates.length; lane++) {
            // Ids are given across all lanes: so far apart, so many rows are left in all of them, which takes a moment.
            this.gates[lane] = new LaneGate(lane, (long) batchSize * BATCHES_OF_HANDOVER);
        }
    }

    LaneGate of(int lane) {
        return this.gates[lane];
    }

    synchronized void start() {
        if (this.thread == null) {
            synchronized (this.turn) {
                for (LaneGate gate : this.gates) {
                    gate.reload();
                }
                this.unanswered = false;
                this.unansweredSinceNanos = System.nanoTime();
                this.nextStoringNanos = this.unansweredSinceNanos;
                this.nextDirectNanos = this.unansweredSinceNanos;
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
        boolean databaseAnswers = !thread.isAlive() && !this.unanswered;
        if (databaseAnswers && anyWaits()) {
            ask();
        }
        synchronized (this.turn) {
            for (LaneGate gate : this.gates) {
                if (gate.state() == State.LOADING) {
                    gate.openUnasked();
                }
                gate.release();
                gate.close();
            }
        }
    }

    private boolean anyWaits() {
        for (LaneGate gate : this.gates) {
            if (gate.state() == State.LOADING || gate.state() == State.HANDOVER) {
                return true;
            }
        }
        return false;
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
            if (gate.state() != State.DIRECT) {
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
            logger.error("The gates could not be moved on", ex);
            return OTHERS_BACKLOG_INTERVAL;
        }
    }

    /**
     * Parked events are sent by one thread at a time.
     */
    private Duration moveOn() {
        synchronized (this.turn) {
            boolean soon = false;
            for (LaneGate gate : this.gates) {
                if (isInCharge()) {
                    gate.endLongHandover(System.nanoTime());
                    gate.release();
                    soon |= gate.state() == State.HANDOVER;
                }
            }
            return (soon && !this.unanswered) ? TICK_OF_HANDOVER : TICK;
        }
    }

    private void ask() {
        Thread asking = this.thread;
        long now = System.nanoTime();
        List<Question> questions = questions(now);
        if (questions.isEmpty()) {
            return;
        }
        List<Integer> lanes =
                questions.stream().map(question -> question.gate().lane()).toList();
        Map<Integer, LaneBacklog> backlogs = new HashMap<>();
        RuntimeException failure = null;
        try {
            this.pendingRows.of(lanes).forEach(backlog -> backlogs.put(backlog.lane(), backlog));
        } catch (RuntimeException ex) {
            failure = ex;
        }
        synchronized (this.turn) {
            if (this.thread != asking) {
                // Held up for so long that the gates were stopped, and perhaps started anew, meanwhile.
                return;
            }
            if (failure != null) {
                noAnswer(failure, now);
            } else {
                answered(questions, backlogs, now);
            }
        }
    }

    private void answered(List<Question> questions, Map<Integer, LaneBacklog> backlogs, long now) {
        long answered = System.nanoTime();
        if (now - this.nextDirectNanos >= 0) {
            this.nextDirectNanos = answered + OTHERS_BACKLOG_INTERVAL.toNanos();
        }
        if (now - this.nextStoringNanos >= 0) {
            this.nextStoringNanos = answered + TICK.toNanos();
        }
        for (Question question : questions) {
            question.gate().answered(question, backlogs.get(question.gate().lane()), answered);
        }
        if (this.unanswered) {
            this.unanswered = false;
            logger.info("The database says again which events wait in it");
        }
    }

    private List<Question> questions(long now) {
        boolean askStoring = now - this.nextStoringNanos >= 0 && !this.circuit.isOpen();
        boolean askDirect = now - this.nextDirectNanos >= 0;
        List<Question> questions = new ArrayList<>();
        for (LaneGate gate : this.gates) {
            boolean ask =
                    switch (gate.state()) {
                        case LOADING, HANDOVER -> !this.unanswered || askDirect;
                        case STORING -> askStoring;
                        case DIRECT -> askDirect;
                        case STOPPING, RELEASING -> false;
                    };
            Question question = ask ? gate.question() : null;
            if (question != null) {
                questions.add(question);
            }
        }
        return questions;
    }

    private void noAnswer(RuntimeException ex, long now) {
        if (!this.unanswered) {
            this.unanswered = true;
            this.unansweredSinceNanos = now;
            this.warned = false;
            logger.warn("The database does not say which events wait in it: {}", ex.toString());
        }
        this.nextDirectNanos = System.nanoTime() + OTHERS_BACKLOG_INTERVAL.toNanos();
        this.nextStoringNanos = this.nextDirectNanos;
        if (System.nanoTime() - this.unansweredSinceNanos >= this.timeout.toNanos()) {
            if (this.circuit.isOpen()) {
                // The writer has a time-out of its own, and says why an event is lost.
                for (LaneGate gate : this.gates) {
                    gate.storeUnasked();
                }
            } else {
                openUnasked();
            }
        }
    }

    private void openUnasked() {
        if (!this.warned) {
            this.warned = true;
            logger.warn(
                    "The database has not said for {} which events wait in it, and Kafka is there: events are sent, and"
                            + " may overtake earlier ones that are still in the database",
                    this.timeout);
        }
        for (LaneGate gate : this.gates) {
            gate.openUnasked();
        }
    }
}
