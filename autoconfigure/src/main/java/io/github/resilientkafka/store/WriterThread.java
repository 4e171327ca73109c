package io.github.resilientkafka.store;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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

    private static final long IDLE_MILLIS = 200;

    private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long FIRST_PAUSE_MILLIS = 50;

    private static final long MAX_PAUSE_MILLIS = 1_000;

    private final EventStore store;

    private final int batchSize;

    private final Runnable afterCommit;

    private final BooleanSupplier watchful;

    private final WriterQueue queue = new WriterQueue();

    private final AtomicInteger queued = new AtomicInteger();

    private long askedNanos = System.nanoTime() - ASK_NANOS;

    private volatile boolean finishing;

    private volatile @Nullable Throwable error;

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

    @Override
    public void run() {
        List<StoreRequest> batch = new ArrayList<>(this.batchSize);
        List<FailedEvent> rows = new ArrayList<>(this.batchSize);
        while (!(this.finishing && this.queue.closeIfEmpty())) {
            this.queue.takeInto(batch, this.batchSize, IDLE_MILLIS);
            if (!batch.isEmpty()) {
                makeRows(batch, rows);
                write(batch, rows, true);
                batch.clear();
                rows.clear();
            } else if (this.error != null || this.watchful.getAsBoolean()) {
                askDatabaseNowAndThen();
            }
        }
    }

    private void makeRows(List<StoreRequest> requests, List<FailedEvent> rows) {
        for (Iterator<StoreRequest> it = requests.iterator(); it.hasNext(); ) {
            StoreRequest request = it.next();
            try {
                rows.add(request.toRow());
            } catch (RuntimeException | Error ex) {
                it.remove();
                lose(request, ex);
            }
        }
    }

    /**
     * Writes rows until they are committed, refused or too old.
     * @param areNew whether it is certain that none of them is there
     */
    private void write(List<StoreRequest> requests, List<FailedEvent> rows, boolean areNew) {
        boolean isFirstTry = areNew;
        long pause = FIRST_PAUSE_MILLIS;
        while (!rows.isEmpty()) {
            try {
                save(rows, isFirstTry);
            } catch (RuntimeException | Error ex) {
                // Errors too: a thread that dies of one would leave its lanes' events waiting for ever.
                if (isRefusalOfData(ex)) {
                    halve(requests, rows, isFirstTry, ex);
                    return;
                }
                // Perhaps only the answer to the commit is missing.
                isFirstTry = false;
                unavailable(ex);
                giveUpExpired(requests, rows, ex);
                if (!rows.isEmpty()) {
                    pause = pause(pause);
                }
                continue;
            }
            committed(requests);
            return;
        }
    }

    private void save(List<FailedEvent> rows, boolean areNew) {
        if (areNew) {
            this.store.saveNew(rows);
        } else {
            this.store.save(rows);
        }
    }

    /**
     * What was refused as new may be there: a statement can reach the database twice.
     */
    private void halve(List<StoreRequest> requests, List<FailedEvent> rows, boolean asNew, Throwable ex) {
        if (rows.size() == 1) {
            if (asNew) {
                write(requests, rows, false);
            } else {
                lose(requests.get(0), ex);
            }
            return;
        }
        int half = rows.size() / 2;
        write(new ArrayList<>(requests.subList(0, half)), new ArrayList<>(rows.subList(0, half)), false);
        write(
                new ArrayList<>(requests.subList(half, requests.size())),
                new ArrayList<>(rows.subList(half, rows.size())),
                false);
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

    private void committed(List<StoreRequest> requests) {
        available();
        this.storedCount += requests.size();
        this.batchCount++;
        for (StoreRequest request : requests) {
            this.queued.decrementAndGet();
            tell(request::stored);
        }
        tell(this.afterCommit);
    }

    /**
     * What is committed stays so, whatever those say who are told.
     */
    private static void tell(Runnable told) {
        try {
            told.run();
        } catch (RuntimeException | Error ex) {
            logger.error("An event was stored, but not everything that depends on it could be done", ex);
        }
    }

    private void giveUpExpired(List<StoreRequest> requests, List<FailedEvent> rows, Throwable ex) {
        long now = System.nanoTime();
        Iterator<FailedEvent> row = rows.iterator();
        for (Iterator<StoreRequest> it = requests.iterator(); it.hasNext(); ) {
            StoreRequest request = it.next();
            row.next();
            if (request.deadlineNanos() - now <= 0) {
                it.remove();
                row.remove();
                lose(request, ex);
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
            logger.error("An event was not stored, and not everything that depends on it could be done", told);
        }
    }

    private long pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException ex) {
            logger.debug("Interrupted between two tries", ex);
        }
        return Math.min(2 * millis, MAX_PAUSE_MILLIS);
    }

    private void askDatabaseNowAndThen() {
        long now = System.nanoTime();
        if (now - this.askedNanos < ASK_NANOS) {
            return;
        }
        this.askedNanos = now;
        try {
            this.store.ping();
            available();
        } catch (RuntimeException | Error ex) {
            unavailable(ex);
        }
    }

    private void available() {
        if (this.error != null) {
            this.error = null;
            logger.info("The database takes events again");
        }
    }

    private void unavailable(Throwable ex) {
        if (this.error == null) {
            logger.warn("The database does not take events; {} wait for it: {}", queued(), ex.toString());
        }
        this.error = ex;
    }

    @Nullable
    Throwable error() {
        return this.error;
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
