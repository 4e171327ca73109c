package io.github.resilientkafka.publisher;

import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Events of a lane of which something is expected, in the order they joined. An event is in one roster at most and knows its
 * slot, so joining and leaving cost the same however many there are, and touch no other event: that would be one which
 * another thread has just made. Guarded by the gate's lock.
 */
final class Roster implements Iterable<GatedEvent> {

    private static final int FEWEST_PLACES = 16;

    /** A ring: slots count on for ever, and a place is a slot modulo the length, a power of two. */
    private @Nullable GatedEvent[] ring = new GatedEvent[FEWEST_PLACES];

    private int oldestSlot;

    private int nextSlot;

    private int size;

    void add(GatedEvent event) {
        if (this.nextSlot - this.oldestSlot == this.ring.length) {
            makeRoom();
        }
        join(event);
        this.size++;
    }

    private void join(GatedEvent event) {
        event.slot(this.nextSlot);
        this.ring[place(this.nextSlot++)] = event;
    }

    /**
     * Closes the gaps behind an event that stays for long; if there are few, makes the ring larger.
     */
    private void makeRoom() {
        GatedEvent[] events = events();
        this.ring = new GatedEvent[(this.size > this.ring.length / 2) ? 2 * this.ring.length : this.ring.length];
        this.oldestSlot = this.nextSlot;
        for (GatedEvent event : events) {
            join(event);
        }
    }

    void remove(GatedEvent event) {
        this.ring[place(event.slot())] = null;
        this.size--;
        while (this.oldestSlot != this.nextSlot && this.ring[place(this.oldestSlot)] == null) {
            this.oldestSlot++;
        }
    }

    private int place(int slot) {
        return slot & (this.ring.length - 1);
    }

    boolean isEmpty() {
        return this.size == 0;
    }

    @Override
    public Iterator<GatedEvent> iterator() {
        return Arrays.asList(events()).iterator();
    }

    private GatedEvent[] events() {
        GatedEvent[] events = new GatedEvent[this.size];
        int found = 0;
        for (int slot = this.oldestSlot; slot != this.nextSlot; slot++) {
            GatedEvent event = this.ring[place(slot)];
            if (event != null) {
                events[found++] = event;
            }
        }
        return events;
    }
}
