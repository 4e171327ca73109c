package io.github.resilientkafka.store;

import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link WriterThread} has taken: events, and their rows in the same order. Those that are told what became of them
 * leave it first, so that whatever goes wrong, the rest is still here, and nobody is told twice.
 */
final class WriterBatch {

    private final List<StoreRequest> requests;

    private final List<FailedEvent> rows;

    private int left;

    private boolean isNew = true;

    WriterBatch(int size) {
        this.requests = new ArrayList<>(size);
        this.rows = new ArrayList<>(size);
    }

    /**
     * Empties the batch, to be filled anew.
     * @return where events go
     */
    List<StoreRequest> renew() {
        this.requests.clear();
        this.rows.clear();
        this.left = 0;
        this.isNew = true;
        return this.requests;
    }

    boolean isEmpty() {
        return this.left == this.requests.size();
    }

    /**
     * Returns how many events have not left it.
     */
    int size() {
        return this.requests.size() - this.left;
    }

    /**
     * Returns whether it is certain that none of the rows is in the database.
     */
    boolean isNew() {
        return this.isNew;
    }

    void mayBeThere() {
        this.isNew = false;
    }

    /**
     * Returns whether an event has no row yet.
     */
    boolean lacksRow() {
        return this.rows.size() < this.requests.size();
    }

    void makeRow() {
        this.rows.add(this.requests.get(this.rows.size()).toRow());
    }

    /**
     * Takes the event out whose row could not be made.
     */
    StoreRequest removeWithoutRow() {
        return this.requests.remove(this.rows.size());
    }

    /**
     * Returns the first rows.
     * @param count how many
     */
    List<FailedEvent> rows(int count) {
        return (count == this.rows.size())
                ? this.rows
                : new ArrayList<>(this.rows.subList(this.left, this.left + count));
    }

    /**
     * Takes the first event out.
     */
    StoreRequest removeFirst() {
        return this.requests.get(this.left++);
    }

    /**
     * Returns an event.
     * @param place which one of those that are left
     */
    StoreRequest get(int place) {
        return this.requests.get(this.left + place);
    }

    StoreRequest remove(int place) {
        this.rows.remove(this.left + place);
        return this.requests.remove(this.left + place);
    }
}
