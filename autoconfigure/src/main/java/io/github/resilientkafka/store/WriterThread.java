package io.github.resilientkafka.store;

import io.github.resilientkafka.lifecycle.CarefulLog;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread of the {@link GroupCommitWriter}: takes what waits, writes it, tells the events.
 * <p>
 * While the database is away a batch is tried again and again, at growing intervals up to a second, and its events leave
 * one by one as their deadlines pass. An event that the database refuses for itself is found by halving the batch.
 */
final class WriterThread extends Thread {

    private static final Logger logger = LoggerFactory.getLogger(WriterThread.class);

    private static final String NOT_ALL_DONE =
            "An event was stored, but not everything that depends on it could be done";

    private static final long IDLE_MILLIS = 200;

    private static final long FIRST_PAUSE_MILLIS = 50;

    private static final long MAX_PAUSE_MILLIS = 1_000;

    private final EventStore store;

    private final int batchSize;

    private final Runnable afterCommit;

    private final BooleanSupplier watchful;

    private final WriterQueue queue = new WriterQueue();

    private final AtomicInteger queued = new AtomicInteger();

    private final DatabaseHealth database;

    private final WriterBatch batch;

    private volatile boolean finishing;

    private volatile long storedCount;

    private volatile long lostCount;

    private volatile long batchCount;

    WriterThread(String name, EventStore store, int batchSize, Runnable afterCommit, BooleanSupplier watchful) {
        super(name);
        setDaemon(true);
        this.store = store;
        this.batchSize = batchSize;
        this.afterCommit = afterCommit;
        this.watchful = watchful;
        this.database = new DatabaseHealth(store, this.queued);
        this.batch = new WriterBatch(batchSize);
    }

    boolean offer(StoreRequest request) {
        this.queued.incrementAndGet();
        if (!this.queue.offer(request)) {
            this.queued.decrementAndGet();
            return false;
        }
        return true;
    }

    void finish() {
        this.finishing = true;
    }

    void awaitEnd(long deadlineNanos) {
        try {
            join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime())));
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        if (isAlive()) {
            logger.error("{} still has {} events to write and is left behind", getName(), queued());
        }
    }

    /**
     * Nobody else would store what waits here, so the thread ends only when it is told to.
     */
    @Override
    public void run() {
        boolean done = false;
        while (!done) {
            try {
                work();
                done = true;
            } catch (RuntimeException | Error ex) {
                // No memory, most likely. Perhaps the batch is stored, and only that could not be told.
                this.batch.mayBeThere();
                this.database.unavailable(ex);
                pause(FIRST_PAUSE_MILLIS);
            }
        }
    }

    private void work() {
        finishBatch();
        while (!(this.finishing && this.queue.closeIfEmpty())) {
            this.queue.takeInto(this.batch.renew(), this.batchSize, IDLE_MILLIS);
            if (!this.batch.isEmpty()) {
                finishBatch();
            } else if (this.database.error() != null || this.watchful.getAsBoolean()) {
                this.database.askNowAndThen();
            }
        }
    }

    private void finishBatch() {
        while (this.batch.lacksRow()) {
            try {
                this.batch.makeRow();
            } catch (RuntimeException | Error ex) {
                lose(this.batch.removeWithoutRow(), ex);
            }
        }
        write();
    }

    /**
     * Writes rows until they are committed, refused or too old. Of rows that are refused together the first half is tried,
     * and so on; then twice as many each time.
     */
    private void write() {
        int count = this.batch.size();
        long pause = FIRST_PAUSE_MILLIS;
        while (!this.batch.isEmpty()) {
            count = Math.min(count, this.batch.size());
            try {
                save(count);
            } catch (RuntimeException | Error ex) {
                if (isRefusalOfData(ex)) {
                    count = refused(count, ex);
                    continue;
                }
                // Perhaps only the answer to the commit is missing.
                this.batch.mayBeThere();
                this.database.unavailable(ex);
                giveUpExpired(ex);
                if (!this.batch.isEmpty()) {
                    pause = pause(pause);
                }
                continue;
            }
            committed(count);
            pause = FIRST_PAUSE_MILLIS;
            count *= 2;
        }
    }

    private void save(int count) {
        if (this.batch.isNew()) {
            this.store.saveNew(this.batch.rows(count));
        } else {
            this.store.save(this.batch.rows(count));
        }
    }

    /**
     * What was refused as new may be there: a statement can reach the database twice.
     * @return how many rows to try next
     */
    private int refused(int count, Throwable ex) {
        if (count > 1) {
            this.batch.mayBeThere();
            return count / 2;
        }
        if (this.batch.isNew()) {
            this.batch.mayBeThere();
            return 1;
        }
        lose(this.batch.removeFirst(), ex);
        return 1;
    }

    /**
     * SQLState class 22 (data exception) or 23 (constraint violation): the database is well, a row is not.
     */
    private static boolean isRefusalOfData(Throwable error) {
        for (@Nullable Throwable e = error; e != null; e = e.getCause()) {
            if (e instanceof SQLException sql && sql.getSQLState() != null) {
                return sql.getSQLState().startsWith("22") || sql.getSQLState().startsWith("23");
            }
        }
        return false;
    }

    private void committed(int count) {
        this.database.available();
        this.batchCount++;
        for (int i = 0; i < count; i++) {
            StoreRequest request = this.batch.removeFirst();
            this.storedCount++;
            this.queued.decrementAndGet();
            // What is committed stays so, whatever those say who are told.
            try {
                request.stored();
            } catch (RuntimeException | Error ex) {
                CarefulLog.error(logger, NOT_ALL_DONE, ex);
            }
        }
        try {
            this.afterCommit.run();
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, NOT_ALL_DONE, ex);
        }
    }

    private void giveUpExpired(Throwable ex) {
        long now = System.nanoTime();
        for (int i = 0; i < this.batch.size(); ) {
            if (this.batch.get(i).deadlineNanos() - now <= 0) {
                lose(this.batch.remove(i), ex);
            } else {
                i++;
            }
        }
        for (StoreRequest expired; (expired = this.queue.takeExpired(now)) != null; ) {
            lose(expired, ex);
        }
    }

    private void lose(StoreRequest request, Throwable ex) {
        this.queued.decrementAndGet();
        this.lostCount++;
        try {
            request.notStored(ex);
        } catch (RuntimeException | Error told) {
            CarefulLog.error(
                    logger, "An event was not stored, and not everything that depends on it could be done", told);
        }
    }

    private static long pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException ex) {
            // Not meant for us: left over from a driver or a pool.
        }
        return Math.min(2 * millis, MAX_PAUSE_MILLIS);
    }

    /**
     * Returns why events are not stored.
     * @return the database's last error, or that this thread does not run although it should; null if all is well
     */
    @Nullable
    Throwable error() {
        if (!this.finishing && !isAlive()) {
            return new IllegalStateException(getName() + " does not run");
        }
        return this.database.error();
    }

    int queued() {
        return this.queued.get();
    }

    long storedCount() {
        return this.storedCount;
    }

    long lostCount() {
        return this.lostCount;
    }

    long batchCount() {
        return this.batchCount;
    }
}
