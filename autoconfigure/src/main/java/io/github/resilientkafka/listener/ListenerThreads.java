package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Our threads on the listener side, all of which end when they have nothing to do: one for timers, which never blocks for
 * long, and one for each listener that has something done at the moment that may block. Thread-safe.
 */
final class ListenerThreads implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ListenerThreads.class);

    private static final long IDLE_SECONDS = 10;

    private static final Duration END = Duration.ofSeconds(1);

    private final ScheduledThreadPoolExecutor timers = timers();

    /**
     * Bounded by the number of listeners: a smaller bound would let those whose partitions have no leader keep the others waiting.
     */
    private final ThreadPoolExecutor workers = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> daemon(task, "resilient-kafka-listener-work"));

    private final List<ListenerQueue> queues = new CopyOnWriteArrayList<>();

    private static ScheduledThreadPoolExecutor timers() {
        ScheduledThreadPoolExecutor executor =
                new ScheduledThreadPoolExecutor(1, task -> daemon(task, "resilient-kafka-listeners"));
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
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

    /**
     * Makes a queue for what may block.
     * @param listener for whom: threads that work for it bear this name
     */
    ListenerQueue queueFor(String listener) {
        ListenerQueue queue = new ListenerQueue(listener, this.workers);
        this.queues.add(queue);
        return queue;
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException ex) {
            logger.error("A task of the listeners' timer failed", ex);
        }
    }

    /**
     * Drops what waits, and waits for a second at most for what is at work: more than it needs, unless Kafka does not answer.
     */
    @Override
    public void close() {
        this.timers.shutdownNow();
        this.queues.forEach(ListenerQueue::end);
        this.workers.shutdown();
        try {
            if (!this.workers.awaitTermination(END.toMillis(), TimeUnit.MILLISECONDS)) {
                logger.debug(
                        "{} threads are still at work for listeners, and will end by themselves",
                        this.workers.getActiveCount());
            }
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }
}
