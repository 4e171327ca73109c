package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.store.StoredEvent;
import java.util.List;

/**
 * The rows of one read, handed out in batches. Used by one worker.
 */
final class LaneRows {

    private final List<StoredEvent> rows;

    private final PartitionHolds.Held held;

    private final int batchSize;

    private int next;

    /**
     * Takes rows.
     * @param rows the rows, in the order in which they are to be sent
     * @param held what was held when they were read
     * @param batchSize how many rows are sent and settled together
     */
    LaneRows(List<StoredEvent> rows, PartitionHolds.Held held, int batchSize) {
        this.rows = rows;
        this.held = held;
        this.batchSize = batchSize;
    }

    boolean hasNext() {
        return this.next < this.rows.size();
    }

    /**
     * Returns the next batch.
     */
    RelayBatch next() {
        int end = Math.min(this.next + this.batchSize, this.rows.size());
        List<StoredEvent> batch = this.rows.subList(this.next, end);
        this.next = end;
        return new RelayBatch(batch, this.held);
    }
}
