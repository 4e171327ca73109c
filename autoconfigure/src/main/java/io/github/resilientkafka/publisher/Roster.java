package io.github.resilientkafka.publisher;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Events of a lane of which something is expected, in the order they joined. An event is in one roster at most and knows its
 * place, so joining and leaving cost the same however many there are. Guarded by the gate's lock.
 * <p>
 * Leaving clears the event's place and writes nothing else, not even a count: events join on one processor and leave on
 * another, and what both of them write for every event goes to and fro between the two. Who wants to know whether any is
 * left, or needs room, looks for gaps.
 */
final class Roster implements Iterable<GatedEvent> {

    private static final int FEWEST_PLACES = 16;

    /** A ring: slots count on for ever, and a place is a slot modulo the length, a power of two. */
    private @Nullable GatedEvent[] ring = new GatedEvent[FEWEST_PLACES];

    private int oldestSlot;

    private int nextSlot;

    void add(GatedEvent event) {
        if (isFull()) {
            skipGaps();
        }
        if (isFull()) {
            makeRoom();
        }
        join(event);
    }

    private boolean isFull() {
        return this.nextSlot - this.oldestSlot == this.ring.length;
    }

    private void join(GatedEvent event) {
        int place = place(this.nextSlot++);
        this.ring[place] = event;
        event.takePlace(this.ring, place);
    }

    /**
     * Closes the gaps behind an event that stays for long; if there are few, makes the ring larger.
     */
    private void makeRoom() {
        List<GatedEvent> events = events();
        this.ring = new GatedEvent[(events.size() > this.ring.length / 2) ? 2 * this.ring.length : this.ring.length];
        this.oldestSlot = this.nextSlot;
        events.forEach(this::join);
    }

    /**
     * Takes an event out of the roster that it is in. Must not be called twice.
     */
    static void leave(GatedEvent event) {
        assert event.places()[event.place()] == event : "not there any more";
        event.places()[event.place()] = null;
    }

    private void skipGaps() {
        while (this.oldestSlot != this.nextSlot && this.ring[place(this.oldestSlot)] == null) {
            this.oldestSlot++;
        }
    }

    private int place(int slot) {
        return slot & (this.ring.length - 1);
    }

    boolean isEmpty() {
        skipGaps();
        return this.oldestSlot == this.nextSlot;
    }

    @Override
    public Iterator<GatedEvent> iterator() {
        return events().iterator();
    }

    private List<GatedEvent> events() {
        List<GatedEvent> events = new ArrayList<>();
        for (int slot = this.oldestSlot; slot != this.nextSlot; slot++) {
            GatedEvent event = this.ring[place(slot)];
            if (event != null) {
                events.add(event);
            }
        }
        return events;
    }
}
