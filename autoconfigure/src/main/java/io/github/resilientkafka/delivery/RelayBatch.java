package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * Rows that are sent together: all asynchronously, one latch for the answers. Used by one worker.
 */
final class RelayBatch {

    private final List<StoredEvent> rows;

    private final CountDownLatch answered;

    private final List<RelayedRow> sent = new ArrayList<>();

    private boolean refused;

    RelayBatch(List<StoredEvent> rows) {
        this.rows = rows;
        this.answered = new CountDownLatch(rows.size());
    }

    /**
     * Sends the rows in order, as far as the circuit and the lease permit. May block for {@code max.block.ms} where a
     * topic's metadata is not known yet.
     * @param untilNanos no row is sent after this value of {@link System#nanoTime()}
     * @param mayGo which rows may be sent now; others are left out
     * @param toSend makes a row's send
     */
    void send(
            ProducerSession session,
            PublisherCircuit circuit,
            long untilNanos,
            Predicate<StoredEvent> mayGo,
            BiFunction<StoredEvent, CountDownLatch, RelayedRow> toSend) {
        int handled = 0;
        for (StoredEvent row : this.rows) {
            if (System.nanoTime() - untilNanos >= 0) {
                break;
            }
            if (mayGo.test(row)) {
                Object permit = circuit.tryAcquire();
                if (permit == null) {
                    this.refused = true;
                    break;
                }
                RelayedRow send = toSend.apply(row, this.answered);
                this.sent.add(send);
                send.send(session, circuit, permit);
            } else {
                this.answered.countDown();
            }
            handled++;
        }
        for (; handled < this.rows.size(); handled++) {
            this.answered.countDown();
        }
    }

    /**
     * Waits for the answers.
     * @return false if some are still missing after the given time, which Kafka's client does not allow to happen
     */
    boolean await(Duration timeout) throws InterruptedException {
        return this.answered.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isEmpty() {
        return this.rows.isEmpty();
    }

    int size() {
        return this.rows.size();
    }

    List<StoredEvent> rows() {
        return this.rows;
    }

    List<Long> ids() {
        List<Long> ids = new ArrayList<>(this.rows.size());
        for (StoredEvent row : this.rows) {
            ids.add(row.id());
        }
        return ids;
    }

    /**
     * Returns whether the circuit refused a row.
     */
    boolean wasRefused() {
        return this.refused;
    }

    List<RelayedRow> sent() {
        return this.sent;
    }

    /**
     * Returns the rows that Kafka has acknowledged.
     */
    List<StoredEvent> acked() {
        List<StoredEvent> acked = new ArrayList<>(this.sent.size());
        for (RelayedRow row : this.sent) {
            if (row.isAcked()) {
                acked.add(row.row());
            }
        }
        return acked;
    }

    /**
     * Returns the rows that failed, in order.
     */
    List<RelayedRow> failed() {
        List<RelayedRow> failed = new ArrayList<>();
        for (RelayedRow row : this.sent) {
            if (row.failureKind() != null) {
                failed.add(row);
            }
        }
        return failed;
    }
}
