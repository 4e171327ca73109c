package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.StoredEvent;
import java.util.Comparator;
import java.util.List;

/**
 * How far a worker reads at once, so that a batch's rows lie close together. Rows of all lanes are stored one behind the
 * other. Who takes the same number of each lane is soon at another place of the table with each of them, as lanes are of
 * different length, and every page is fetched and written once for each. Used by one worker.
 */
final class IdWindow {

    private static final int MAX_BATCHES_OF_ALL_LANES = 16;

    private static final long UNKNOWN = -1;

    private final int batchSize;

    /** Rows that trickle in would widen it without end: the next backlog is dense again, and must not be read far ahead. */
    private final long maxWidth;

    private long width;

    private long readUpTo = UNKNOWN;

    /**
     * Creates a window that is open: nothing is known of the rows.
     * @param batchSize how many rows a batch should have
     * @param lanes how many lanes the worker holds
     */
    IdWindow(int batchSize, int lanes) {
        this.batchSize = batchSize;
        this.maxWidth = (long) batchSize * EventStore.LANES * MAX_BATCHES_OF_ALL_LANES;
        this.width = (long) batchSize * EventStore.LANES / Math.max(1, lanes);
    }

    /**
     * Returns whether the next read has no end, but takes the same number of rows of each lane.
     */
    boolean isOpen() {
        return this.readUpTo == UNKNOWN;
    }

    /**
     * Returns the highest id to read next.
     */
    long end() {
        return isOpen() ? Long.MAX_VALUE : this.readUpTo + this.width;
    }

    /**
     * Takes what was read, and moves on. If that was little, the window is open now, and it is worth reading again.
     * @param rows of each lane the first rows up to {@link #end()}, as many as its share allows. What a share cuts off may
     * have ids below where the next read ends, but not below where it begins, the lane's mark: then it is read.
     * @return the batch: the rows with the lowest ids, in their order
     */
    List<StoredEvent> take(List<StoredEvent> rows) {
        boolean wasOpen = isOpen();
        long end = end();
        List<StoredEvent> batch = rows.stream()
                .sorted(Comparator.comparingLong(StoredEvent::id))
                .limit(this.batchSize)
                .toList();
        if (isFew(rows.size())) {
            this.readUpTo = UNKNOWN;
            widen(2);
        } else if (wasOpen) {
            this.readUpTo = batch.get(0).id() + this.width;
        } else {
            this.readUpTo =
                    (batch.size() < rows.size()) ? batch.get(batch.size() - 1).id() : end;
            widen((double) this.batchSize / rows.size());
        }
        return batch;
    }

    private boolean isFew(int rows) {
        return rows * 4 < this.batchSize;
    }

    private void widen(double factor) {
        this.width = Math.min(this.maxWidth, Math.max(this.batchSize, (long) (this.width * factor)));
    }
}
