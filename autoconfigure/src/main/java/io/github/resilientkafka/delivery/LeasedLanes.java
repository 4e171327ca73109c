package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.store.DrainProgress;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.LaneLease;
import io.github.resilientkafka.store.StoredEvent;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * The lanes that a worker holds: until when it may send, and what it may settle. Every settle renews the lease, or finds
 * out that it is lost. Used by one worker.
 */
final class LeasedLanes {

    private static final Logger logger = LoggerFactory.getLogger(LeasedLanes.class);

    private static final long SETTLE_PAUSE_MILLIS = 500;

    private static final int TURNS_PER_LEASE = 3;

    private final RelayContext relay;

    private final String owner;

    private final BooleanSupplier running;

    private final DrainProgress progress;

    private final LaneShare share;

    private final long turnOverNanos;

    private List<LaneLease> leases;

    private long leasedNanos;

    private boolean settledAny;

    private int surplus;

    /**
     * Creates the account of a lease.
     * @param progress what the worker has settled, under this lease and earlier ones
     * @param share how many lanes the worker may keep
     * @param leasedNanos a value of {@link System#nanoTime()} from before the lease was taken
     */
    LeasedLanes(
            RelayContext relay,
            String owner,
            BooleanSupplier running,
            DrainProgress progress,
            LaneShare share,
            List<LaneLease> leases,
            long leasedNanos) {
        this.relay = relay;
        this.owner = owner;
        this.running = running;
        this.progress = progress;
        this.share = share;
        this.leases = leases;
        this.leasedNanos = leasedNanos;
        this.turnOverNanos = leasedNanos
                + relay.properties().lease().dividedBy(TURNS_PER_LEASE).toNanos();
    }

    List<LaneLease> leases() {
        return this.leases;
    }

    boolean isRunning() {
        return this.running.getAsBoolean();
    }

    /**
     * Returns whether it is time to give the lanes back although rows may be left: into a busy lane rows may come as
     * fast as they go, and other lanes want to be served, too.
     */
    boolean isTurnOver() {
        return System.nanoTime() - this.turnOverNanos >= 0 && !mayBeLost();
    }

    /**
     * Returns whether any row was settled.
     */
    boolean settledAny() {
        return this.settledAny;
    }

    /**
     * Returns the last moment to send: what is sent by then has been answered before the lease is over.
     * @return a value of {@link System#nanoTime()}; the clock goes on while the process is frozen
     */
    long sendUntilNanos() {
        Duration lease = this.relay.properties().lease();
        return this.leasedNanos
                + lease.minus(this.relay.deliveryTimeout())
                        .minus(lease.dividedBy(10))
                        .toNanos();
    }

    /**
     * Marks rows as resolved.
     * @return whether all lanes are still ours
     */
    boolean settle(List<StoredEvent> acked, ProducerSession session) throws InterruptedException {
        boolean settled = settle(acked.size(), session, () -> this.relay
                .store()
                .settle(
                        this.owner,
                        this.leases,
                        owned(acked, StoredEvent::lane),
                        this.relay.clock().instant(),
                        this.relay.properties().lease()));
        if (settled) {
            this.progress.settled(acked);
        }
        return settled;
    }

    /**
     * Notes what became of rows that failed.
     * @return whether all lanes are still ours
     */
    boolean settleFailures(List<FailedAttempt> attempts, ProducerSession session) throws InterruptedException {
        return settle(attempts.size(), session, () -> this.relay
                .store()
                .settleFailures(
                        this.owner,
                        this.leases,
                        owned(attempts, FailedAttempt::lane),
                        this.relay.clock().instant(),
                        this.relay.properties().lease()));
    }

    /**
     * If the lanes are no longer all ours, the producer is given up, so that nothing it still holds is sent, and what is
     * still ours is settled.
     */
    private boolean settle(int rows, ProducerSession session, BooleanSupplier settle) throws InterruptedException {
        long before = System.nanoTime();
        if (trySettle(settle)) {
            this.leasedNanos = before;
            this.settledAny |= rows > 0;
            return true;
        }
        logger.warn(
                "{} has lost lanes to another instance: its lease of {} was over",
                this.owner,
                this.relay.properties().lease());
        this.relay.sessions().abandon(session, new IllegalStateException("Lanes lost to another instance"));
        this.leases = this.relay.store().stillOwned(this.owner, this.leases);
        if (!this.leases.isEmpty()) {
            trySettle(settle);
        }
        return false;
    }

    /**
     * What Kafka has acknowledged and the database does not know would be sent again: a passing fault is worth waiting
     * for as long as the lease lasts.
     */
    private boolean trySettle(BooleanSupplier settle) throws InterruptedException {
        while (true) {
            try {
                return settle.getAsBoolean();
            } catch (DataAccessException ex) {
                if (mayBeLost() || !isRunning()) {
                    throw ex;
                }
                logger.warn("Settling failed and is tried again: {}", ex.toString());
                TimeUnit.MILLISECONDS.sleep(SETTLE_PAUSE_MILLIS);
            }
        }
    }

    private <T> List<T> owned(List<T> rows, ToIntFunction<T> lane) {
        BitSet owned = new BitSet(EventStore.LANES);
        this.leases.forEach(lease -> owned.set(lease.lane()));
        return rows.stream().filter(row -> owned.get(lane.applyAsInt(row))).toList();
    }

    /**
     * Moves the marks of the lanes on, now and then. It saves time only, so a failure is left to the next statement.
     */
    void advance() {
        try {
            this.relay.store().advance(this.progress);
        } catch (DataAccessException ex) {
            logger.debug("The marks of the drained lanes could not be moved", ex);
        }
    }

    /**
     * Gives back the lanes that have nothing to do: every leased lane gets the same share of a batch, so one that has
     * nothing left would only make the others slow.
     */
    void keepOnly(Set<Integer> busy) {
        List<LaneLease> idle = this.leases.stream()
                .filter(lease -> !busy.contains(lease.lane()))
                .toList();
        if (!idle.isEmpty() && !busy.isEmpty()) {
            giveBack(idle);
        }
    }

    /**
     * Returns whether others want some of the lanes: {@link #shareWithOthers} gives them back.
     */
    boolean areWantedByOthers() {
        if (this.surplus == 0 && !mayBeLost()) {
            this.surplus = this.share.surplus(this.leases.size());
        }
        return this.surplus > 0;
    }

    /**
     * Gives lanes back if others want some; to be called while nothing is in flight.
     * @return whether any was given back
     */
    boolean shareWithOthers() {
        if (mayBeLost() || !areWantedByOthers()) {
            return false;
        }
        int surplus = Math.min(this.surplus, this.leases.size());
        this.surplus = 0;
        giveBack(this.leases.subList(this.leases.size() - surplus, this.leases.size()));
        return true;
    }

    /**
     * Returns whether the lease may be over, which the next settle finds out: nothing is given back before.
     */
    private boolean mayBeLost() {
        return System.nanoTime() - sendUntilNanos() >= 0;
    }

    private void giveBack(List<LaneLease> lanes) {
        this.relay.store().release(this.owner, lanes);
        this.leases =
                this.leases.stream().filter(lease -> !lanes.contains(lease)).toList();
    }

    /**
     * Gives all lanes back.
     */
    void release() {
        if (!this.leases.isEmpty()) {
            try {
                this.relay.store().release(this.owner, this.leases);
            } catch (DataAccessException ex) {
                logger.warn(
                        "{} lanes could not be given back and stay leased for up to {}: {}",
                        this.leases.size(),
                        this.relay.properties().lease(),
                        ex.toString());
            }
        }
    }
}
