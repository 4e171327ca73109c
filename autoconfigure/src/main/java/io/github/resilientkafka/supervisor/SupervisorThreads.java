package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The supervisor's threads: one that keeps time, and as many as listeners are being looked at, as starting and stopping one
 * may take long and must not hold up the others. Thread-safe.
 */
final class SupervisorThreads implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(SupervisorThreads.class);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, named("timer"));

    private final ExecutorService workers = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), named("worker"));

    SupervisorThreads() {
        this.timer.setRemoveOnCancelPolicy(true);
    }

    private static ThreadFactory named(String name) {
        return task -> {
            Thread thread = new Thread(task, "resilient-kafka-supervisor-" + name);
            thread.setDaemon(true);
            return thread;
        };
    }

    void every(Duration interval, Runnable task) {
        this.timer.scheduleWithFixedDelay(() -> run(task), 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Has a task done by a worker, later. Dropped when everything is stopping.
     */
    void after(Duration delay, Runnable task) {
        try {
            if (delay.isZero()) {
                execute(task);
            } else {
                this.timer.schedule(() -> execute(task), delay.toMillis() + 1, TimeUnit.MILLISECONDS);
            }
        } catch (RejectedExecutionException ex) {
            logger.debug("Stopping: nothing is looked at any more", ex);
        }
    }

    void execute(Runnable task) {
        try {
            this.workers.execute(() -> run(task));
        } catch (RejectedExecutionException ex) {
            logger.debug("Stopping: nothing is looked at any more", ex);
        } catch (Error ex) {
            // No thread to be had, most likely. Whoever asks for a look may be a consumer, which is not to die of that.
            logger.error("There is no thread to look after a listener with; it is tried again", ex);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error ex) {
            logger.error("Looking after listeners failed; it is tried again", ex);
        }
    }

    @Override
    public void close() {
        this.timer.shutdownNow();
        this.workers.shutdown();
    }
}
