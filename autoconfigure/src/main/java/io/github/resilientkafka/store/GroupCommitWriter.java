package io.github.resilientkafka.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns events that arrive one by one, from any number of callers, into multi-row inserts with one commit each.
 * Internal. Thread-safe.
 * <p>
 * Batches form by themselves: while one commits, the next one gathers. A lane belongs to one thread, so rows of a key
 * get ascending ids in the order they were handed over. The queues have no bound of their own: every event in them holds
 * its bytes of the publisher's budget.
 */
public final class GroupCommitWriter {

    private static final int THREADS = 2;

    private final EventStore store;

    private final int batchSize;

    private final List<Runnable> commitListeners = new CopyOnWriteArrayList<>();

    private volatile BooleanSupplier watchful = () -> false;

    private volatile List<WriterThread> threads = List.of();

    /**
     * Creates a writer; {@link #start} starts its threads.
     * @param store where to write
     * @param batchSize rows per commit at most
     */
    public GroupCommitWriter(EventStore store, int batchSize) {
        this.store = store;
        this.batchSize = batchSize;
    }

    /**
     * Adds a listener that is told of every commit, on a writer thread: it must be quick and must not throw.
     * @param listener called after each commit
     */
    public void onCommit(Runnable listener) {
        this.commitListeners.add(listener);
    }

    /**
     * Says when the database is to be asked every second whether it is there, although nothing is to be written: when
     * it is needed soon.
     * @param watchful whether to ask now
     */
    public void watchWhile(BooleanSupplier watchful) {
        this.watchful = watchful;
    }

    /**
     * Starts the threads. Does nothing if they run.
     */
    public synchronized void start() {
        if (this.threads.isEmpty()) {
            List<WriterThread> started = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                started.add(new WriterThread(
                        "resilient-kafka-writer-" + i,
                        this.store,
                        this.batchSize,
                        () -> this.commitListeners.forEach(Runnable::run),
                        () -> this.watchful.getAsBoolean()));
            }
            this.threads = List.copyOf(started);
            this.threads.forEach(Thread::start);
        }
    }

    /**
     * Takes an event. Never blocks; the request is told what became of it.
     * @param request the event
     */
    public void write(StoreRequest request) {
        List<WriterThread> threads = this.threads;
        if (threads.isEmpty() || !threads.get(request.lane() % threads.size()).offer(request)) {
            request.notStored(
                    new IllegalStateException("The store's writer is stopped: the application is shutting down"));
        }
    }

    /**
     * Writes what was handed over, each event until its deadline at most, then stops the threads. Safe to be called
     * again.
     * @param timeout how long to wait for the threads
     */
    public synchronized void stop(Duration timeout) {
        List<WriterThread> stopping = this.threads;
        stopping.forEach(WriterThread::finish);
        long deadline = System.nanoTime() + timeout.toNanos();
        for (WriterThread thread : stopping) {
            thread.awaitEnd(deadline);
        }
        this.threads = List.of();
    }

    /**
     * Returns the figures.
     * @return what the threads are doing
     */
    public WriterStats stats() {
        boolean available = true;
        long queued = 0;
        long stored = 0;
        long lost = 0;
        String lastError = null;
        List<WriterStats.WriterThread> figures = new ArrayList<>();
        for (WriterThread thread : this.threads) {
            @Nullable Throwable error = thread.error();
            if (error != null) {
                available = false;
                lastError = error.toString();
            }
            queued += thread.queued();
            stored += thread.storedCount();
            lost += thread.lostCount();
            figures.add(new WriterStats.WriterThread(
                    thread.getName(), thread.isAlive(), thread.queued(), thread.batchCount()));
        }
        return new WriterStats(available, queued, stored, lost, lastError, List.copyOf(figures));
    }
}
