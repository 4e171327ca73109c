package io.github.resilientkafka.publisher;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The events of a lane that are under way, by where they are. Knows no rule: what moves when is the {@link LaneGate}'s
 * business, whose lock guards this.
 */
final class LaneEvents {

    private final Roster outstanding = new Roster();

    private final Roster inWriter = new Roster();

    private final List<GatedEvent> failed = new ArrayList<>();

    private final Deque<GatedEvent> parked = new ArrayDeque<>();

    private long lastNumber;

    /**
     * Gives a new event its place in the publish order.
     */
    void number(GatedEvent event) {
        event.number(++this.lastNumber);
    }

    /**
     * Adds an event that is handed to the producer and owed an answer.
     */
    void outstanding(GatedEvent event) {
        this.outstanding.add(event);
    }

    void answered(GatedEvent event) {
        Roster.leave(event);
    }

    /**
     * Keeps an event, whose answer was a failure, until all answers are there.
     */
    void failed(GatedEvent event) {
        answered(event);
        this.failed.add(event);
    }

    void park(GatedEvent event) {
        this.parked.add(event);
    }

    @Nullable
    GatedEvent oldestParked() {
        return this.parked.peek();
    }

    void unparkOldest() {
        this.parked.remove();
    }

    /**
     * Hands the failed events to the writer, in publish order.
     */
    void storeFailed() {
        this.failed.sort(Comparator.comparingLong(GatedEvent::number));
        this.failed.forEach(this::store);
        this.failed.clear();
    }

    void storeParked() {
        this.parked.forEach(this::store);
        this.parked.clear();
    }

    void store(GatedEvent event) {
        this.inWriter.add(event);
        event.store();
    }

    void written(GatedEvent event) {
        Roster.leave(event);
    }

    boolean noneOutstanding() {
        return this.outstanding.isEmpty();
    }

    boolean noneParked() {
        return this.parked.isEmpty();
    }

    boolean noneInWriter() {
        return this.inWriter.isEmpty();
    }

    /**
     * Returns whether a gate may have a state while events are where they are.
     */
    boolean mayBeIn(GateState state) {
        boolean nothingUnanswered = this.outstanding.isEmpty() && this.failed.isEmpty();
        return switch (state) {
            case DIRECT -> this.parked.isEmpty();
            case STORING -> this.parked.isEmpty() && nothingUnanswered;
            case HANDOVER -> nothingUnanswered;
            case LOADING, STOPPING, RELEASING -> true;
        };
    }

    /**
     * Returns an event, or null if it is not among these.
     */
    @Nullable
    EventUnderWay find(UUID eventId) {
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
