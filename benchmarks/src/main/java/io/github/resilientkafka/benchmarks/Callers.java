package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * Threads that publish as fast as they may, with a bounded number of events in flight: each publishes a chunk, then
 * waits for the chunk before it. Waiting costs a thread one wake-up per chunk, so that it is the publisher that is
 * measured, and not the bound.
 */
final class Callers implements AutoCloseable {

    /** Both sides alike; a sixth of what our publisher's byte budget lets in. */
    private static final int IN_FLIGHT = 8_192;

    private final int threads;

    private final ExecutorService executor;

    Callers(int threads) {
        this.threads = threads;
        this.executor = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "caller");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Publishes so many events and returns when all futures are complete.
     * @param publish publishes the event of a number
     * @param expected whether a result is what is meant to be measured
     * @throws IllegalStateException if one is not
     */
    <T> void publish(int events, IntFunction<CompletableFuture<T>> publish, Predicate<T> expected) throws Exception {
        List<Future<?>> done = new ArrayList<>();
        for (int thread = 0; thread < this.threads; thread++) {
            int first = (int) ((long) events * thread / this.threads);
            int end = (int) ((long) events * (thread + 1) / this.threads);
            done.add(this.executor.submit(() -> {
                call(first, end, publish, expected);
                return null;
            }));
        }
        for (Future<?> future : done) {
            future.get();
        }
    }

    private <T> void call(int first, int end, IntFunction<CompletableFuture<T>> publish, Predicate<T> expected)
            throws ExecutionException, InterruptedException {
        int size = IN_FLIGHT / 2 / this.threads;
        List<CompletableFuture<T>> before = new ArrayList<>(size);
        List<CompletableFuture<T>> chunk = new ArrayList<>(size);
        for (int event = first; event < end; event++) {
            chunk.add(publish.apply(event));
            if (chunk.size() == size) {
                await(before, expected);
                List<CompletableFuture<T>> awaited = before;
                before = chunk;
                chunk = awaited;
            }
        }
        await(before, expected);
        await(chunk, expected);
    }

    /**
     * The last one first: once it is there, hardly any other is missing.
     */
    private static <T> void await(List<CompletableFuture<T>> chunk, Predicate<T> expected)
            throws ExecutionException, InterruptedException {
        for (int i = chunk.size() - 1; i >= 0; i--) {
            T result = chunk.get(i).get();
            if (!expected.test(result)) {
                throw new IllegalStateException("Not what is to be measured: " + result);
            }
        }
        chunk.clear();
    }

    @Override
    public void close() throws InterruptedException {
        this.executor.shutdownNow();
        this.executor.awaitTermination(10, TimeUnit.SECONDS);
    }
}
