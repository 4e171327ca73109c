package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.StoredEvent;
import java.util.Comparator;
import java.util.List;

/**
 * How far a worker reads at once, so that the rows lie close together. Rows of all lanes are stored one behind the
 * other. Who takes the same number of each lane is soon at another place of the table with each of them, as lanes are of
 * different length, and every page is fetched and written once for each. Used by one worker.
 */
final class IdWindow {

    private static final int MAX_READS_OF_ALL_LANES = 16;

    private static final long UNKNOWN = -1;

    /** Rows that trickle in would widen it without end: the next backlog is dense again, and must not be read far ahead. */
    private final long maxWidth;

    private double idsPerRow;

    private long readUpTo = UNKNOWN;

    /**
     * Creates a window that is open: nothing is known of the rows.
     * @param batchSize how many rows a batch should have
     * @param maxBatches how many batches a read may bring
     * @param lanes how many lanes the worker holds
     */
    IdWindow(int batchSize, int maxBatches, int lanes) {
        this.maxWidth = (long) batchSize * maxBatches * EventStore.LANES * MAX_READS_OF_ALL_LANES;
        this.idsPerRow = (double) EventStore.LANES / Math.max(1, lanes);
    }

    /**
     * Returns whether the next read has no end, but takes the same number of rows of each lane.
     */
    boolean isOpen() {
        return this.readUpTo == UNKNOWN;
    }

    /**
     * Returns the highest id to read next.
     * @param wanted how many rows the read should bring
     */
    long end(int wanted) {
        return isOpen() ? Long.MAX_VALUE : this.readUpTo + width(wanted);
    }

    /**
     * Takes what was read, and moves on. If that was little, the window is open now, and it is worth reading again.
     * @param rows of each lane the first rows up to {@link #end}, as many as its share allows. What a share cuts off may
     * have ids below where the next read ends, but not below where it begins, the lane's mark: then it is read.
     * @param wanted how many rows the read should have brought
     * @return the rows with the lowest ids, in their order, as many as were wanted
     */
    List<StoredEvent> take(List<StoredEvent> rows, int wanted) {
        boolean wasOpen = isOpen();
        long end = end(wanted);
        List<StoredEvent> taken = rows.stream()
                .sorted(Comparator.comparingLong(StoredEvent::id))
                .limit(wanted)
                .toList();
        if (rows.size() * 4 < wanted) {
            this.readUpTo = UNKNOWN;
            this.idsPerRow = Math.min(this.idsPerRow * 2, (double) this.maxWidth / wanted);
        } else if (wasOpen) {
            this.readUpTo = taken.get(0).id() + width(wanted);
        } else {
            this.readUpTo =
                    (taken.size() < rows.size()) ? taken.get(taken.size() - 1).id() : end;
            this.idsPerRow = width(wanted) / (double) rows.size();
        }
        return taken;
    }

    private long width(int wanted) {
        return Math.min(this.maxWidth, Math.max(wanted, (long) (this.idsPerRow * wanted)));
    }
}
