package io.github.resilientkafka.publisher;

import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.store.LaneBacklog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
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

    /**
     * What becomes of a new event.
     */
    enum State {
        LOADING,
        DIRECT,
        STOPPING,
        STORING,
        HANDOVER,
        RELEASING
    }

    private enum Admission {
        SENT,
        KEPT,
        OPENED_MEANWHILE
    }

    private final int lane;

    private final long littleLeft;

    private final Roster outstanding = new Roster();

    private final Roster inWriter = new Roster();

    private final List<GatedEvent> failed = new ArrayList<>();

    private final Deque<GatedEvent> parked = new ArrayDeque<>();

    private final Handover handover = new Handover();

    private volatile State state = State.LOADING;

    private long lastNumber;

    /**
     * Creates a gate that is LOADING.
     * @param littleLeft a backlog whose oldest and newest id are less than this apart is worth waiting for
     */
    LaneGate(int lane, long littleLeft) {
        this.lane = lane;
        this.littleLeft = littleLeft;
    }

    int lane() {
        return this.lane;
    }

    State state() {
        return this.state;
    }

    /**
     * Takes a new event. The order in which these calls get the lock is the publish order.
     */
    void publish(GatedEvent event) {
        Admission admission;
        do {
            boolean direct = this.state == State.DIRECT;
            Object permit = direct ? event.tryAcquirePermit() : null;
            admission = admit(event, direct, permit);
            sendOrReturn(event, permit, admission == Admission.SENT);
        } while (admission == Admission.OPENED_MEANWHILE);
    }

    private synchronized Admission admit(GatedEvent event, boolean direct, @Nullable Object permit) {
        if (this.state == State.DIRECT && !direct) {
            return Admission.OPENED_MEANWHILE;
        }
        event.number(++this.lastNumber);
        if (this.state == State.STORING) {
            store(event);
        } else if (this.state == State.DIRECT && mayLeave(event, permit)) {
            return Admission.SENT;
        } else {
            // Parked even if nothing can be sent: what was sent before it may not have been answered.
            this.parked.add(event);
            if (this.state == State.DIRECT) {
                stop();
            }
        }
        return Admission.KEPT;
    }

    /**
     * The producer is claimed here, under the lock: one that is ending is not handed out any more, and whoever claimed
     * it before is outstanding, so that {@link #producerEnds} stops the gate.
     */
    private boolean mayLeave(GatedEvent event, @Nullable Object permit) {
        if (permit == null || !event.claimProducer()) {
            return false;
        }
        this.outstanding.add(event);
        return true;
    }

    private static void sendOrReturn(GatedEvent event, @Nullable Object permit, boolean send) {
        if (permit != null && send) {
            event.send(permit);
        } else if (permit != null) {
            event.returnPermit(permit);
        }
    }

    /**
     * A sent event was acknowledged, or goes its own way because Kafka refused it for itself.
     */
    synchronized void completed(GatedEvent event) {
        this.outstanding.remove(event);
        storeWhenAllAnswered();
    }

    /**
     * A sent event met an outage.
     */
    synchronized void failed(GatedEvent event) {
        this.outstanding.remove(event);
        this.failed.add(event);
        stop();
    }

    /**
     * A stored event is committed, or was given up.
     */
    synchronized void written(GatedEvent event) {
        this.inWriter.remove(event);
    }

    /**
     * The producer is about to be closed (R3): what comes next must not leave through its successor while answers to
     * what was sent through it are missing.
     */
    synchronized void producerEnds() {
        if (!this.outstanding.isEmpty()) {
            stop();
        }
    }

    private void stop() {
        if (this.state == State.DIRECT || this.state == State.RELEASING) {
            become(State.STOPPING);
        }
        storeWhenAllAnswered();
    }

    /**
     * Failed events are stored together and in publish order (R1): a producer that is closed fails its batches in any
     * order, and one sent earlier may still succeed.
     */
    private void storeWhenAllAnswered() {
        if (this.state == State.STOPPING && this.outstanding.isEmpty()) {
            this.failed.sort(Comparator.comparingLong(GatedEvent::number));
            this.failed.forEach(this::store);
            this.failed.clear();
            storeParked();
        }
    }

    private void storeParked() {
        this.parked.forEach(this::store);
        this.parked.clear();
        become(State.STORING);
    }

    private void store(GatedEvent event) {
        this.inWriter.add(event);
        event.store();
    }

    /**
     * Returns what there is to ask the database, or null.
     */
    @Nullable
    synchronized Question question() {
        return switch (this.state) {
            case STOPPING, RELEASING -> null;
            // What the writer still holds has no id yet (R4).
            case HANDOVER -> this.inWriter.isEmpty() ? this.handover.ask(this) : null;
            case LOADING, DIRECT, STORING -> this.handover.ask(this);
        };
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
        if (this.state == State.LOADING && backlog) {
            storeParked();
        } else if (this.state == State.LOADING || this.state == State.HANDOVER && this.handover.isSettled(pending)) {
            open();
        } else if (this.state == State.DIRECT && backlog) {
            stop();
        } else if (this.state == State.STORING && isLittle(pending)) {
            this.handover.start(nowNanos);
            become(State.HANDOVER);
        }
    }

    private boolean isLittle(@Nullable LaneBacklog pending) {
        return pending == null || pending.newestId() - pending.oldestId() < this.littleLeft;
    }

    private void become(State next) {
        logger.debug("Lane {}: {} to {}", this.lane, this.state, next);
        this.state = next;
        assert isConsistent() : next;
    }

    private boolean isConsistent() {
        boolean nothingUnanswered = this.outstanding.isEmpty() && this.failed.isEmpty();
        return switch (this.state) {
            case DIRECT -> this.parked.isEmpty();
            case STORING -> this.parked.isEmpty() && nothingUnanswered;
            case HANDOVER -> nothingUnanswered;
            case LOADING, STOPPING, RELEASING -> true;
        };
    }

    private void open() {
        become(this.parked.isEmpty() ? State.DIRECT : State.RELEASING);
    }

    /**
     * Ends a visit of HANDOVER that has lasted too long: what waits is stored, before anything newer is.
     */
    synchronized void endLongHandover(long nowNanos) {
        if (this.state == State.HANDOVER && this.handover.hasLastedTooLong(nowNanos)) {
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
            sendOrReturn(event, permit, mayRelease(event, permit));
        }
    }

    private synchronized @Nullable GatedEvent nextToRelease() {
        if (this.state != State.RELEASING) {
            return null;
        }
        open();
        return this.parked.peek();
    }

    private synchronized boolean mayRelease(GatedEvent event, @Nullable Object permit) {
        if (this.state != State.RELEASING || this.parked.peek() != event) {
            return false;
        }
        if (!mayLeave(event, permit)) {
            stop();
            return false;
        }
        this.parked.remove();
        return true;
    }

    /**
     * Opens the gate although the database could not be asked for too long: a healthy Kafka beats order.
     */
    synchronized void openUnasked() {
        if (this.state == State.LOADING || this.state == State.STORING || this.state == State.HANDOVER) {
            open();
        }
    }

    /**
     * Stops waiting for the database to say what it has: Kafka is away, too.
     */
    synchronized void storeUnasked() {
        if (this.state == State.LOADING) {
            storeParked();
        }
    }

    /**
     * Leaves no event parked, because the application stops: what can't be sent any more is stored.
     */
    synchronized void close() {
        switch (this.state) {
            case LOADING, HANDOVER -> storeParked();
            case RELEASING -> stop();
            case DIRECT, STOPPING, STORING -> {}
        }
    }

    /**
     * Forgets what it knows of the database.
     */
    synchronized void reload() {
        if (this.state == State.DIRECT && this.outstanding.isEmpty() || this.state == State.STORING) {
            this.handover.forget();
            become(State.LOADING);
        }
    }

    /**
     * Returns an event of this lane, or null if it is not under way.
     */
    @Nullable
    synchronized EventUnderWay find(UUID eventId) {
        EventUnderWay found = find(eventId, this.outstanding, EventUnderWay.State.IN_FLIGHT);
        found = (found != null) ? found : find(eventId, this.failed, EventUnderWay.State.PARKED);
        found = (found != null) ? found : find(eventId, this.parked, EventUnderWay.State.PARKED);
        return (found != null) ? found : find(eventId, this.inWriter, EventUnderWay.State.BEING_STORED);
    }

    private static @Nullable EventUnderWay find(UUID eventId, Iterable<GatedEvent> events, EventUnderWay.State state) {
        for (GatedEvent event : events) {
            if (event.eventId().equals(eventId)) {
                return event.underWay(state);
            }
        }
        return null;
    }
}
