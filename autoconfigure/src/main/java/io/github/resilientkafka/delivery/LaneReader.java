package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.StoredEvent;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads the due pending rows of a worker's lanes, several batches at once while all goes well. Used by one worker.
 * <p>
 * Every read starts from the lanes' first pending row, without what is in flight, so that a row which becomes visible late
 * is still sent before its successors (rule R7 of the gate): of two rows of a lane that one instance has stored, a snapshot
 * that shows the second shows the first.
 */
final class LaneReader {

    /**
     * A read pays for each lane as much as for some twenty rows, so few large ones are cheaper than many small ones.
     */
    private static final int MAX_BATCHES = 4;

    /** All of them are in memory. */
    private static final int MAX_ROWS = 10_000;

    private final RelayContext relay;

    private final LeasedLanes lanes;

    private final int batchSize;

    private final IdWindow window;

    private int batches = 1;

    private boolean full;

    LaneReader(RelayContext relay, LeasedLanes lanes) {
        this.relay = relay;
        this.lanes = lanes;
        this.batchSize = relay.properties().batchSize();
        this.window = new IdWindow(this.batchSize, MAX_BATCHES, lanes.leases().size());
    }

    /**
     * Notes how the rows of a read fared: what is behind a failure is read again, so the next read is small then. It is
     * larger if all were delivered, and might have been more.
     */
    void wereDelivered(boolean all) {
        if (!all) {
            this.batches = 1;
        } else if (this.full) {
            this.batches = Math.min(MAX_BATCHES, 2 * this.batches);
        }
    }

    /**
     * Reads what comes next, leaving out what is in flight and what has to wait.
     */
    LaneRows read(List<StoredEvent> inFlight) {
        prolongHolds();
        PartitionHolds.Held held = this.relay.holds().held();
        Set<Long> without = new HashSet<>(held.rows());
        inFlight.forEach(row -> without.add(row.id()));
        int wanted = Math.max(this.batchSize, Math.min(this.batches * this.batchSize, MAX_ROWS));
        boolean anywhere = this.window.isOpen();
        List<StoredEvent> rows = this.window.take(read(without, wanted), wanted);
        if (!anywhere && this.window.isOpen()) {
            anywhere = true;
            rows = this.window.take(read(without, wanted), wanted);
        }
        if (anywhere) {
            Set<Integer> busy = new HashSet<>();
            rows.forEach(row -> busy.add(row.lane()));
            inFlight.forEach(row -> busy.add(row.lane()));
            this.lanes.keepOnly(busy);
        }
        this.full = rows.size() == wanted;
        return new LaneRows(rows, held, this.batchSize);
    }

    /**
     * Within a window a lane may have up to twice its share.
     */
    private List<StoredEvent> read(Set<Long> without, int wanted) {
        return this.relay
                .store()
                .read(
                        this.lanes.leases(),
                        EventStatus.PENDING,
                        this.relay.clock().instant(),
                        this.window.isOpen() ? wanted : 2 * wanted,
                        without,
                        this.window.end(wanted));
    }

    private void prolongHolds() {
        PartitionHolds holds = this.relay.holds();
        for (TopicPartition partition : holds.over()) {
            if (this.relay.probe().takesNoRecords(partition)) {
                holds.prolong(partition);
            }
        }
    }
}
