package io.github.resilientkafka.publisher;

import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the database, for all gates at once and for each as often as its state needs, which rows of their lanes are
 * pending, and tells them. Where it has not answered for too long, tells them to do without.
 * <p>
 * One thread asks; what it has heard is told, or dropped, with the lock of {@link LaneGates} held.
 */
final class BacklogPoll {

    private static final Logger logger = LoggerFactory.getLogger(BacklogPoll.class);

    private static final Duration STORING_INTERVAL = Duration.ofMillis(100);

    private static final Duration DIRECT_INTERVAL = Duration.ofSeconds(1);

    private final PendingRows pendingRows;

    private final PublisherCircuit circuit;

    private final Duration timeout;

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
     * What was asked, and what the database said.
     *
     * @param backlogs by lane
     * @param failure why there is no answer, or null
     * @param askedNanos when it was asked
     */
    record Round(
            List<Question> questions,
            Map<Integer, LaneBacklog> backlogs,
            @Nullable RuntimeException failure,
            long askedNanos) {}

    /**
     * Creates a poll; {@link #start} begins it.
     * @param timeout how long events may wait for an answer of the database
     */
    BacklogPoll(PendingRows pendingRows, PublisherCircuit circuit, Duration timeout) {
        this.pendingRows = pendingRows;
        this.circuit = circuit;
        this.timeout = timeout;
    }

    void start() {
        this.unanswered = false;
        this.unansweredSinceNanos = System.nanoTime();
        this.nextStoringNanos = this.unansweredSinceNanos;
        this.nextDirectNanos = this.unansweredSinceNanos;
    }

    /**
     * Returns whether the database could not be asked the last time.
     */
    boolean isUnanswered() {
        return this.unanswered;
    }

    /**
     * Asks what there is to ask. May take as long as the database's time-outs.
     * @return what was heard, or null if there was nothing to ask
     */
    @Nullable
    Round ask(LaneGate[] gates) {
        long now = System.nanoTime();
        List<Question> questions = questions(gates, now);
        if (questions.isEmpty()) {
            return null;
        }
        List<Integer> lanes =
                questions.stream().map(question -> question.gate().lane()).toList();
        Map<Integer, LaneBacklog> backlogs = new HashMap<>();
        try {
            this.pendingRows.of(lanes).forEach(backlog -> backlogs.put(backlog.lane(), backlog));
        } catch (RuntimeException ex) {
            return new Round(questions, Map.of(), ex, now);
        }
        return new Round(questions, backlogs, null, now);
    }

    private List<Question> questions(LaneGate[] gates, long now) {
        boolean askStoring = now - this.nextStoringNanos >= 0;
        boolean askDirect = now - this.nextDirectNanos >= 0;
        List<Question> questions = new ArrayList<>();
        for (LaneGate gate : gates) {
            boolean ask =
                    switch (gate.state()) {
                        case LOADING, HANDOVER -> !this.unanswered || askDirect;
                        // Each question is two searches in the index of pending rows, a large one while there are many.
                        case STORING -> !this.circuit.isOpen() && (gate.hasMuchLeft() ? askDirect : askStoring);
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

    /**
     * Tells the gates what was heard.
     */
    void tell(Round round, LaneGate[] gates) {
        if (round.failure() == null) {
            answered(round);
        } else {
            notAnswered(round.failure(), round.askedNanos(), gates);
        }
    }

    private void answered(Round round) {
        long answered = System.nanoTime();
        if (round.askedNanos() - this.nextDirectNanos >= 0) {
            this.nextDirectNanos = answered + DIRECT_INTERVAL.toNanos();
        }
        if (round.askedNanos() - this.nextStoringNanos >= 0) {
            this.nextStoringNanos = answered + STORING_INTERVAL.toNanos();
        }
        for (Question question : round.questions()) {
            LaneGate gate = question.gate();
            gate.answered(question, round.backlogs().get(gate.lane()), answered);
        }
        if (this.unanswered) {
            this.unanswered = false;
            logger.info("The database says again which events wait in it");
        }
    }

    private void notAnswered(RuntimeException failure, long askedNanos, LaneGate[] gates) {
        if (!this.unanswered) {
            this.unanswered = true;
            this.unansweredSinceNanos = askedNanos;
            this.warned = false;
            logger.warn("The database does not say which events wait in it: {}", failure.toString());
        }
        long now = System.nanoTime();
        this.nextDirectNanos = now + DIRECT_INTERVAL.toNanos();
        this.nextStoringNanos = this.nextDirectNanos;
        if (now - this.unansweredSinceNanos >= this.timeout.toNanos()) {
            doWithout(gates);
        }
    }

    private void doWithout(LaneGate[] gates) {
        boolean kafkaIsAway = this.circuit.isOpen();
        if (!kafkaIsAway && !this.warned) {
            this.warned = true;
            logger.warn(
                    "The database has not said for {} which events wait in it, and Kafka is there: events are sent, and"
                            + " may overtake earlier ones that are still in the database",
                    this.timeout);
        }
        for (LaneGate gate : gates) {
            if (kafkaIsAway) {
                // The writer has a time-out of its own, and says why an event is lost.
                gate.storeUnasked();
            } else {
                gate.openUnasked();
            }
        }
    }
}
