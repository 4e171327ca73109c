package io.github.resilientkafka.publisher;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Events of a lane of which something is expected, in no order. An event is in one roster at most and knows its slot, so
 * joining and leaving cost the same however many there are. Guarded by the gate's lock.
 */
final class Roster implements Iterable<GatedEvent> {

    private final List<GatedEvent> events = new ArrayList<>();

    void add(GatedEvent event) {
        event.slot(this.events.size());
        this.events.add(event);
    }

    void remove(GatedEvent event) {
        GatedEvent last = this.events.remove(this.events.size() - 1);
        if (last != event) {
            this.events.set(event.slot(), last);
            last.slot(event.slot());
        }
    }

    boolean isEmpty() {
        return this.events.isEmpty();
    }

    @Override
    public Iterator<GatedEvent> iterator() {
        return this.events.iterator();
    }
}
