package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our threads on the listener side: one for timers, which never blocks for long, and one that makes dead letters, which
 * may. What is queued is bounded by the number of partitions. Thread-safe.
 */
final class ListenerThreads implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ListenerThreads.class);

    private final ScheduledThreadPoolExecutor timers = executor("resilient-kafka-listeners");

    private final List<Runnable> atEnd = new CopyOnWriteArrayList<>();

    private final ScheduledThreadPoolExecutor deadLetters = executor("resilient-kafka-dead-letters");

    private static ScheduledThreadPoolExecutor executor(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setKeepAliveTime(10, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /**
     * Runs a task later. After {@link #close()} it is dropped: nothing is resumed any more.
     */
    void schedule(Duration delay, Runnable task) {
        try {
            this.timers.schedule(() -> run(task), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException ex) {
            logger.debug("Stopping: nothing is scheduled any more", ex);
        }
    }

    Executor deadLetters() {
        return this.deadLetters;
    }

    /**
     * Has something closed, on the thread for dead letters, when these threads end.
     */
    void closeAtEnd(Runnable close) {
        this.atEnd.add(close);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException ex) {
            logger.error("A task of the listeners' timer failed", ex);
        }
    }

    @Override
    public void close() {
        this.timers.shutdownNow();
        this.atEnd.forEach(this.deadLetters::execute);
        this.deadLetters.shutdown();
    }
}
