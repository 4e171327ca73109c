package io.github.resilientkafka.publisher;

import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.store.LaneBacklog;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides, for one lane of this instance, whether an event is sent, stored or has to wait, so that nothing overtakes.
 *
 * <pre>
 *           refused, failed,            all sends             little left
 *           producer ends               answered              in the database
 *  DIRECT ───────────────→ STOPPING ───────────────→ STORING ─────────────────→ HANDOVER
 *     ↑                       ↑                         ↑       after 200 ms     │   │
 *     │ nothing parked        │ refused, failed …       └────────────────────────┘   │ nothing left
 *     └─────────────────── RELEASING ←───────────────────────────────────────────────┘
 *
 *  LOADING → RELEASING, or STORING where the database has a backlog
 *  LOADING, STORING, HANDOVER → RELEASING where the database does not answer for too long and Kafka is there
 * </pre>
 *
 * In DIRECT a new event is sent, in STORING it goes to the writer, in every other state it is parked; parked events leave
 * in the order they came. The rules named below (R1 and others) are those of {@code docs/decisions/0013-the-gate.md}, which
 * shows for each the sequence that reorders events without it.
 * <p>
 * Thread-safe. While the gate is locked nothing waits and nothing is sent.
 */
final class LaneGate {

    private static final Logger logger = LoggerFactory.getLogger(LaneGate.class);

    private final int lane;

    private final LaneEvents events = new LaneEvents();

    private final Handover handover;

    private volatile GateState state = GateState.LOADING;

    LaneGate(int lane, long littleLeft) {
        this.lane = lane;
        this.handover = new Handover(littleLeft);
    }

    int lane() {
        return this.lane;
    }

    GateState state() {
        return this.state;
    }

    /**
     * Takes a new event. The order in which these calls get the lock is the publish order.
     */
    void publish(GatedEvent event) {
        if (this.state == GateState.DIRECT || !keepUnlessDirect(event)) {
            Object permit = event.tryAcquirePermit();
            event.sendOrReturn(permit, admit(event, permit));
        }
    }

    /**
     * Keeps an event without asking for a permit: while there is a backlog the trials are left to its rows.
     * @return false if the gate has opened meanwhile
     */
    private synchronized boolean keepUnlessDirect(GatedEvent event) {
        return this.state != GateState.DIRECT && !admit(event, null);
    }

    private synchronized boolean admit(GatedEvent event, @Nullable Object permit) {
        this.events.number(event);
        if (this.state == GateState.STORING) {
            this.events.store(event);
        } else if (this.state == GateState.DIRECT && mayLeave(event, permit)) {
            return true;
        } else {
            // Parked even if nothing can be sent: what was sent before it may not have been answered.
            this.events.park(event);
            if (this.state == GateState.DIRECT) {
                stop();
            }
        }
        return false;
    }

    /**
     * The producer is claimed here, under the lock: one that is ending is not handed out any more, and whoever claimed
     * it before is outstanding, so that {@link #producerEnds} stops the gate.
     */
    private boolean mayLeave(GatedEvent event, @Nullable Object permit) {
        if (permit == null || !event.claimProducer()) {
            return false;
        }
        this.events.outstanding(event);
        return true;
    }

    /**
     * A sent event was acknowledged, or goes its own way because Kafka refused it for itself.
     */
    synchronized void completed(GatedEvent event) {
        this.events.answered(event);
        storeWhenAllAnswered();
    }

    /**
     * A sent event met an outage.
     */
    synchronized void failed(GatedEvent event) {
        this.events.failed(event);
        stop();
    }

    /**
     * A stored event is committed, or was given up.
     */
    synchronized void written(GatedEvent event) {
        this.events.written(event);
    }

    /**
     * The producer is about to be closed (R3): what comes next must not leave through its successor while answers to
     * what was sent through it are missing.
     */
    synchronized void producerEnds() {
        if (!this.events.noneOutstanding()) {
            stop();
        }
    }

    private void stop() {
        if (this.state == GateState.DIRECT || this.state == GateState.RELEASING) {
            become(GateState.STOPPING);
        }
        storeWhenAllAnswered();
    }

    /**
     * Failed events are stored together and in publish order (R1): a producer that is closed fails its batches in any
     * order, and one sent earlier may still succeed.
     */
    private void storeWhenAllAnswered() {
        if (this.state == GateState.STOPPING && this.events.noneOutstanding()) {
            this.events.storeFailed();
            storeParked();
        }
    }

    private void storeParked() {
        this.events.storeParked();
        become(GateState.STORING);
    }

    /**
     * Returns what there is to ask the database, or null.
     */
    @Nullable
    synchronized Question question() {
        return switch (this.state) {
            case STOPPING, RELEASING -> null;
            // What the writer still holds has no id yet (R4).
            case LOADING, HANDOVER -> this.events.noneInWriter() ? this.handover.ask(this) : null;
            case DIRECT, STORING -> this.handover.ask(this);
        };
    }

    /**
     * Returns whether its lane has so many rows left that nothing is to be expected of the next answers.
     */
    synchronized boolean hasMuchLeft() {
        return this.handover.hasMuchLeft();
    }

    /**
     * Takes the database's answer.
     * @param pending the lane's pending rows, or null if there are none
     */
    synchronized void answered(Question question, @Nullable LaneBacklog pending, long nowNanos) {
        if (!this.handover.isCurrent(question)) {
            return;
        }
        boolean backlog = pending != null;
        if (this.state == GateState.LOADING && backlog) {
            storeParked();
        } else if (this.state == GateState.LOADING
                || this.state == GateState.HANDOVER && this.handover.endWell(pending)) {
            open();
        } else if (this.state == GateState.DIRECT && backlog) {
            stop();
        } else if (this.state == GateState.STORING && this.handover.start(pending, nowNanos)) {
            become(GateState.HANDOVER);
        }
    }

    private void become(GateState next) {
        logger.debug("Lane {}: {} to {}", this.lane, this.state, next);
        this.state = next;
        assert this.events.mayBeIn(next) : next;
    }

    private void open() {
        become(this.events.noneParked() ? GateState.DIRECT : GateState.RELEASING);
    }

    /**
     * Ends a visit of HANDOVER that has lasted too long: what waits is stored, before anything newer is.
     */
    synchronized void endLongHandover(long nowNanos) {
        if (this.state == GateState.HANDOVER && this.handover.endInVain(nowNanos)) {
            storeParked();
        }
    }

    /**
     * Sends parked events, oldest first, until none is left: only then new ones may be sent (R6). To be called by one
     * thread at a time.
     */
    void release() {
        GatedEvent event;
        while ((event = nextToRelease()) != null) {
            Object permit = event.tryAcquirePermit();
            event.sendOrReturn(permit, mayRelease(event, permit));
        }
    }

    private synchronized @Nullable GatedEvent nextToRelease() {
        if (this.state != GateState.RELEASING) {
            return null;
        }
        open();
        return this.events.oldestParked();
    }

    private synchronized boolean mayRelease(GatedEvent event, @Nullable Object permit) {
        boolean stillNext = this.state == GateState.RELEASING && this.events.oldestParked() == event;
        if (stillNext && mayLeave(event, permit)) {
            this.events.unparkOldest();
            return true;
        }
        if (stillNext) {
            stop();
        }
        return false;
    }

    /**
     * Opens the gate although the database could not be asked for too long: a healthy Kafka beats order.
     */
    synchronized void openUnasked() {
        if (this.state != GateState.STOPPING && this.state != GateState.RELEASING) {
            open();
        }
    }

    /**
     * Stops waiting for the database to say what it has: Kafka is away, too.
     */
    synchronized void storeUnasked() {
        if (this.state == GateState.LOADING) {
            storeParked();
        }
    }

    /**
     * Leaves no event parked, because the application stops: what can't be sent any more is stored.
     */
    synchronized void close() {
        if (this.state == GateState.LOADING || this.state == GateState.HANDOVER) {
            storeParked();
        } else if (this.state == GateState.RELEASING) {
            stop();
        }
    }

    /**
     * Forgets what it knows of the database.
     */
    synchronized void reload() {
        if (this.state == GateState.DIRECT && this.events.noneOutstanding() || this.state == GateState.STORING) {
            this.handover.forget();
            become(GateState.LOADING);
        }
    }

    /**
     * Returns an event of this lane, or null if it is not under way.
     */
    @Nullable
    synchronized EventUnderWay find(UUID eventId) {
        return this.events.find(eventId);
    }
}
