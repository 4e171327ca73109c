package io.github.resilientkafka.publisher;

import io.github.resilientkafka.lifecycle.CarefulLog;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes futures, and thereby runs users' callbacks, on threads that move no events.
 * <p>
 * Normally one thread takes whatever has been handed over, in bursts; under load it looks again by itself after 0.2 ms, or
 * up to 0.8 ms where much comes all the time. If users' code blocks it, for instance to wait for an event that it has just
 * published, another thread joins in. What such callbacks have published goes first: else callbacks that wait would occupy
 * every thread before the answers to them, further back in the queue, had their turn.
 */
final class CompletionExecutor {

    private static final Logger logger = LoggerFactory.getLogger(CompletionExecutor.class);

    private static final int MANY_THREADS = 64;

    private static final int MAX_THREADS = 1_000;

    private static final long CHECK_MILLIS = 20;

    private static final int FAIR_TURN = 8;

    private static final int MANY_AT_ONCE = 32;

    private static final int MORE_LOOKS = 8;

    private static final long LINGER_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private static final int MAX_LINGERS = 4;

    /** Twice as many in 0.2 ms, and it waits twice as long. */
    private static final int WORTH_A_LINGER = 8;

    private final Queue<Runnable> nested = new ConcurrentLinkedQueue<>();

    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();

    private final AtomicInteger drainers = new AtomicInteger();

    private final AtomicInteger number = new AtomicInteger();

    private final CallbackThread.Maker threadMaker;

    private volatile @Nullable ThreadPoolExecutor threads;

    private volatile @Nullable ScheduledExecutorService watch;

    private volatile long taken;

    private long takenAtLastCheck;

    private boolean warned;

    /**
     * Whether the last thread that was asked for could not be made, and that was logged.
     */
    private volatile boolean noThread;

    /**
     * Drainers that users' code was found to block: they take nothing, so they count for nothing.
     */
    private volatile int blocked;

    CompletionExecutor() {
        this(CallbackThread::new);
    }

    CompletionExecutor(CallbackThread.Maker threadMaker) {
        this.threadMaker = threadMaker;
    }

    void start() {
        this.threads = new ThreadPoolExecutor(
                0,
                MAX_THREADS,
                10,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> this.threadMaker.make(this, task, "" + this.number.incrementAndGet()));
        ScheduledExecutorService watch =
                Executors.newSingleThreadScheduledExecutor(task -> new CallbackThread(this, task, "watch"));
        watch.scheduleWithFixedDelay(this::checkSafely, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
        this.watch = watch;
    }

    /**
     * Returns whether the calling thread runs a callback of ours.
     */
    boolean isOwnThread() {
        return Thread.currentThread() instanceof CallbackThread thread && thread.belongsTo(this);
    }

    /**
     * Hands over a completion. Never blocks.
     * @param isNested whether a callback may be waiting for it
     */
    void execute(Runnable completion, boolean isNested) {
        (isNested ? this.nested : this.queue).add(completion);
        ThreadPoolExecutor threads = this.threads;
        if (threads == null || threads.isShutdown()) {
            runWhatIsLeft();
            return;
        }
        int blocked = this.blocked;
        if (this.drainers.get() <= blocked) {
            addDrainer(blocked + 1);
        }
    }

    /**
     * Returns how many threads take completions.
     */
    int drainers() {
        return this.drainers.get();
    }

    private boolean isEmpty() {
        return this.queue.isEmpty() && this.nested.isEmpty();
    }

    /**
     * An error that escaped would end the watch without a word.
     */
    private void checkSafely() {
        try {
            check();
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(
                    logger, "The threads of callbacks could not be looked after; the next check tries again", ex);
        }
    }

    /**
     * Brings in another thread if the ones there have taken nothing since the last check.
     */
    private void check() {
        long taken = this.taken;
        int before = this.drainers.get();
        if (taken == this.takenAtLastCheck && !isEmpty()) {
            this.blocked = before;
            if (before >= MANY_THREADS && !this.warned) {
                this.warned = true;
                logger.warn(
                        "{} callbacks of publish futures block; use thenCompose instead of waiting in a callback",
                        before);
            }
            addDrainer(MAX_THREADS);
        }
        if (before < this.blocked) {
            this.blocked = before;
        }
        this.takenAtLastCheck = taken;
    }

    private void addDrainer(int max) {
        int before = this.drainers.get();
        ThreadPoolExecutor threads = this.threads;
        if (threads != null && before < max && this.drainers.compareAndSet(before, before + 1)) {
            try {
                threads.execute(this::drain);
                this.noThread = false;
            } catch (RejectedExecutionException ex) {
                this.drainers.decrementAndGet();
                if (threads.isShutdown()) {
                    runWhatIsLeft();
                } else {
                    logger.debug("All callback threads are just ending; the next check tries again", ex);
                }
            } catch (RuntimeException | Error ex) {
                // No native thread, most likely. What was handed over stays in its queue.
                this.drainers.decrementAndGet();
                if (!this.noThread) {
                    this.noThread = true;
                    CarefulLog.error(
                            logger,
                            "No thread for callbacks of publish futures could be started, which is tried again",
                            ex);
                }
            }
        }
    }

    private void drain() {
        do {
            int looks = 0;
            int lingers = 1;
            double perLinger = 0;
            do {
                int taken = runAll();
                looks = (taken >= MANY_AT_ONCE) ? MORE_LOOKS : looks - 1;
                perLinger += ((double) taken / lingers - perLinger) / MORE_LOOKS;
                lingers = (int) Math.max(1, Math.min(MAX_LINGERS, perLinger / WORTH_A_LINGER));
                if (looks > 0) {
                    // More will come at once, and to be woken for it would cost more than all else of an event.
                    LockSupport.parkNanos(this, lingers * LINGER_NANOS);
                }
            } while (looks > 0);
            this.drainers.decrementAndGet();
            // What was handed over after the last poll found a drainer still counted, and started none.
        } while (!isEmpty() && rejoin());
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // a sign of life, not a count
    private int runAll() {
        int turn = 0;
        for (Runnable completion; (completion = next(turn)) != null; turn++) {
            this.taken++;
            run(completion);
        }
        return turn;
    }

    /**
     * After the stop there is no thread left for callbacks but the caller's: better so than a future that never completes.
     */
    private void runWhatIsLeft() {
        for (Runnable completion; (completion = next(0)) != null; ) {
            run(completion);
        }
    }

    private static void run(Runnable completion) {
        try {
            completion.run();
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, "A callback of a publish future failed", ex);
        }
    }

    private boolean rejoin() {
        int before = this.drainers.get();
        return before <= this.blocked && this.drainers.compareAndSet(before, before + 1);
    }

    /**
     * What callbacks have published goes first, but not always: else a chain of them would starve everybody else.
     */
    private @Nullable Runnable next(int turn) {
        boolean nestedFirst = turn % FAIR_TURN != FAIR_TURN - 1;
        Runnable first = (nestedFirst ? this.nested : this.queue).poll();
        return (first != null) ? first : (nestedFirst ? this.queue : this.nested).poll();
    }

    /**
     * Runs what was handed over, for at most the given time, then interrupts callbacks that still block.
     */
    void stop(long timeoutMillis) {
        ScheduledExecutorService watch = this.watch;
        ThreadPoolExecutor threads = this.threads;
        if (watch == null || threads == null) {
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        try {
            while (!isEmpty() && System.nanoTime() - deadline < 0) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            watch.shutdownNow();
            threads.shutdown();
            long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
            if (!threads.awaitTermination(left, TimeUnit.MILLISECONDS)) {
                logger.warn("Callbacks of publish futures still run and are interrupted");
                threads.shutdownNow();
            }
        } catch (InterruptedException ex) {
            watch.shutdownNow();
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
