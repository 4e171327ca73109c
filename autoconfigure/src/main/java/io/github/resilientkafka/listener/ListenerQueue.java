package io.github.resilientkafka.listener;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done for one listener and may block: one thing after the other, each on whatever thread of a pool is free, which
 * bears the listener's name meanwhile. Thread-safe.
 */
final class ListenerQueue implements Executor {

    private static final Logger logger = LoggerFactory.getLogger(ListenerQueue.class);

    private final String listener;

    private final Executor pool;

    private final Queue<Runnable> waiting = new ArrayDeque<>();

    private final List<Runnable> atEnd = new ArrayList<>();

    private boolean working;

    private volatile boolean ended;

    ListenerQueue(String listener, Executor pool) {
        this.listener = listener;
        this.pool = pool;
    }

    /**
     * Has a task done in its turn.
     * @throws RejectedExecutionException after {@link #end()}
     */
    @Override
    public synchronized void execute(Runnable task) {
        if (this.ended) {
            throw new RejectedExecutionException("The application stops");
        }
        if (!this.working) {
            this.pool.execute(this::work);
            this.working = true;
        }
        this.waiting.add(task);
    }

    /**
     * Has a task done in its turn.
     * @return completes as what the task returns does; fails as well if the task throws, or cannot be done any more
     */
    <T> CompletableFuture<T> call(Supplier<? extends CompletionStage<? extends T>> task) {
        CompletableFuture<T> outcome = new CompletableFuture<>();
        try {
            execute(() -> call(task, outcome));
        } catch (RuntimeException | Error ex) {
            outcome.completeExceptionally(ex);
        }
        return outcome;
    }

    private static <T> void call(Supplier<? extends CompletionStage<? extends T>> task, CompletableFuture<T> outcome) {
        try {
            task.get().whenComplete((result, error) -> {
                if (error == null) {
                    outcome.complete(result);
                } else {
                    outcome.completeExceptionally(error);
                }
            });
        } catch (RuntimeException | Error ex) {
            // Also an Error: a partition waits for this future.
            outcome.completeExceptionally(ex);
        }
    }

    /**
     * Has something done when this ends, after everything else.
     */
    synchronized void atEnd(Runnable task) {
        this.atEnd.add(task);
    }

    /**
     * Returns whether what is at work should come to its end.
     */
    boolean hasEnded() {
        return this.ended;
    }

    /**
     * Drops what waits. Does not wait for what is at work: what is to be done at the end follows it, on its thread.
     */
    void end() {
        synchronized (this) {
            this.ended = true;
            this.waiting.clear();
            this.waiting.addAll(this.atEnd);
            this.atEnd.clear();
            if (this.working) {
                return;
            }
            this.working = true;
        }
        workOff();
    }

    private void work() {
        Thread thread = Thread.currentThread();
        String name = thread.getName();
        thread.setName(name + " of " + this.listener);
        try {
            workOff();
        } finally {
            thread.setName(name);
        }
    }

    private void workOff() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (RuntimeException | Error ex) {
                // Also an Error: others wait behind it.
                logger.error("Listener {}: something that was to be done for it failed", this.listener, ex);
            }
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable task = this.waiting.poll();
        this.working = task != null;
        return task;
    }
}
