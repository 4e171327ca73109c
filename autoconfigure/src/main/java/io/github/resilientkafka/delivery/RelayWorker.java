package io.github.resilientkafka.delivery;

import io.github.resilientkafka.lifecycle.CarefulLog;
import io.github.resilientkafka.store.DrainProgress;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.LaneLease;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * One thread of the relay: sleeps until the interval is over or it is woken, then leases lanes with due rows and drains
 * them until there are none.
 */
final class RelayWorker extends Thread {

    private static final Logger logger = LoggerFactory.getLogger(RelayWorker.class);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final RelayContext relay;

    private final String owner;

    private final AtomicInteger busyWorkers;

    private final @Nullable Purge purge;

    private final LaneShare share;

    private final DrainProgress progress = new DrainProgress();

    private final @Nullable DrainedLanes drainedLanes;

    private final Semaphore wakeUps = new Semaphore(0);

    private volatile boolean running = true;

    private volatile boolean fullPassWanted;

    private boolean databaseFailed;

    private boolean unfinished;

    private boolean waitingForLanes;

    private long nextFullPassNanos = System.nanoTime();

    /**
     * Creates a worker.
     * @param owner its name in the leases, unique among all instances
     * @param busyWorkers how many workers of this instance are at work
     * @param purge also done by this worker, as is the check of drained lanes, or null if another one does both
     */
    RelayWorker(String name, RelayContext relay, String owner, AtomicInteger busyWorkers, @Nullable Purge purge) {
        super(name);
        setDaemon(true);
        this.relay = relay;
        this.owner = owner;
        this.busyWorkers = busyWorkers;
        this.purge = purge;
        this.share = new LaneShare(
                relay.store(),
                owner,
                relay.properties().concurrency(),
                relay.properties().lease());
        this.drainedLanes = (purge != null) ? new DrainedLanes(relay.store()) : null;
    }

    void wakeUp(boolean fullPass) {
        if (fullPass) {
            this.fullPassWanted = true;
        }
        if (this.wakeUps.availablePermits() == 0) {
            this.wakeUps.release();
        }
    }

    void finish() {
        this.running = false;
        this.wakeUps.release();
    }

    @Override
    public void run() {
        while (this.running) {
            try {
                pass();
                this.wakeUps.tryAcquire(untilNextPass().toNanos(), TimeUnit.NANOSECONDS);
                this.wakeUps.drainPermits();
            } catch (InterruptedException ex) {
                // Meant for us only while we are told to stop; otherwise left over from a driver or a pool.
            } catch (RuntimeException | Error ex) {
                CarefulLog.error(logger, "{} failed between two passes, and goes on", getName(), ex);
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    private void pass() throws InterruptedException {
        this.unfinished = false;
        this.waitingForLanes = false;
        boolean full = isFullPassDue();
        if (full) {
            this.fullPassWanted = false;
            this.nextFullPassNanos =
                    System.nanoTime() + this.relay.properties().interval().toNanos();
        }
        try {
            if (full && this.drainedLanes != null) {
                this.drainedLanes.recheck();
            }
            drain(EventStatus.PENDING);
            this.relay.store().advance(this.progress);
            if (full) {
                drain(EventStatus.DLQ_FAILED);
                if (this.purge != null) {
                    this.purge.run(() -> this.running);
                }
            }
            if (this.databaseFailed) {
                this.databaseFailed = false;
                logger.info("The relay works again");
            }
        } catch (DataAccessException ex) {
            databaseFailed(ex);
        } catch (RuntimeException | Error ex) {
            this.relay.circuit().reserveTrials(false);
            Duration interval = this.relay.properties().interval();
            CarefulLog.error(logger, "A pass of the relay failed; the next one comes within {}", interval, ex);
        }
    }

    private boolean isFullPassDue() {
        return this.fullPassWanted || System.nanoTime() - this.nextFullPassNanos >= 0;
    }

    private void databaseFailed(DataAccessException ex) {
        // Kafka must not stay shut because the database is: without the relay new events are the trials.
        this.relay.circuit().reserveTrials(false);
        if (!this.databaseFailed) {
            this.databaseFailed = true;
            CarefulLog.warn(logger, "{} cannot use the database: {}", getName(), ex);
        }
    }

    /**
     * Leases and drains until nothing is left, or until a full pass is due: where rows come as fast as they go, its other
     * work would never be done.
     */
    private void drain(EventStatus status) throws InterruptedException {
        boolean goOn = true;
        while (goOn && this.running && !this.relay.circuit().isOpen()) {
            this.busyWorkers.incrementAndGet();
            boolean found = true;
            try {
                long before = System.nanoTime();
                List<LaneLease> leases = this.relay
                        .store()
                        .lease(
                                this.owner,
                                status,
                                this.relay.clock().instant(),
                                (status == EventStatus.PENDING) ? this.share.lanes() : this.share.whenShared(),
                                this.relay.properties().lease());
                found = !leases.isEmpty();
                boolean progressed = found && drain(status, leases, before);
                this.unfinished |= found && !progressed;
                goOn = progressed && !isFullPassDue();
                if (!found && status == EventStatus.PENDING) {
                    this.waitingForLanes = this.share.ask(this.relay.clock().instant());
                }
            } finally {
                // The last one to find nothing leaves the trials of a half-open circuit to new events.
                if (this.busyWorkers.decrementAndGet() == 0 && !found && status == EventStatus.PENDING) {
                    this.relay.circuit().reserveTrials(false);
                }
            }
        }
    }

    private boolean drain(EventStatus status, List<LaneLease> leases, long before) throws InterruptedException {
        LeasedLanes lanes =
                new LeasedLanes(this.relay, this.owner, () -> this.running, this.progress, this.share, leases, before);
        try {
            LaneDrain drain = new LaneDrain(this.relay, lanes);
            if (status == EventStatus.PENDING) {
                drain.drainPending();
            } else {
                drain.drainRefusedDeadLetters();
            }
            return lanes.settledAny();
        } finally {
            lanes.release();
        }
    }

    private Duration untilNextPass() {
        Duration untilFull = Duration.ofNanos(Math.max(1, this.nextFullPassNanos - System.nanoTime()));
        if (this.waitingForLanes
                && untilFull.compareTo(LaneShare.ASK_AGAIN) > 0
                && !this.relay.circuit().isOpen()) {
            return LaneShare.ASK_AGAIN;
        }
        Duration untilRelease = this.relay.holds().untilNextRelease();
        boolean soon = this.databaseFailed
                || this.progress.isUnfinished()
                || this.unfinished && !this.relay.circuit().isOpen();
        if (soon && untilFull.toSeconds() > 1) {
            return Duration.ofSeconds(1);
        }
        return (untilRelease != null && untilRelease.compareTo(untilFull) < 0) ? untilRelease : untilFull;
    }
}
