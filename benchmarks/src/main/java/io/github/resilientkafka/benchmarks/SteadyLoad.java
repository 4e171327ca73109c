package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublishQueueFullException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Publishes at a steady rate, whatever becomes of the events, and keeps the times of each: when it was due, when it was
 * published (later, if its thread was held up), when its future was complete.
 *
 * @param <T> what becomes of an event
 */
final class SteadyLoad<T> {

    private static final int THREADS = 4;

    /** To sleep for each of so many events would take more processor time than publishing them. */
    private static final long SHORTEST_SLEEP_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private final IntFunction<CompletableFuture<T>> publish;

    private final ExecutorService executor = Executors.newFixedThreadPool(THREADS);

    private final List<Future<?>> ends = new ArrayList<>();

    private final ConcurrentLinkedQueue<Event<T>> events = new ConcurrentLinkedQueue<>();

    private volatile boolean running = true;

    private SteadyLoad(IntFunction<CompletableFuture<T>> publish) {
        this.publish = publish;
    }

    /**
     * An event's times, by {@link System#nanoTime()}.
     */
    static final class Event<T> {

        private final long dueNanos;

        private final long publishedNanos;

        private final CompletableFuture<T> future;

        private volatile long completedNanos;

        private Event(long dueNanos, long publishedNanos, CompletableFuture<T> future) {
            this.dueNanos = dueNanos;
            this.publishedNanos = publishedNanos;
            this.future = future;
            future.whenComplete(this::completed);
        }

        private void completed(@Nullable T result, @Nullable Throwable error) {
            this.completedNanos = System.nanoTime();
        }

        long dueNanos() {
            return this.dueNanos;
        }

        long publishedNanos() {
            return this.publishedNanos;
        }

        /**
         * Whether the publisher had too much to do to accept it, which is told at once.
         */
        boolean isRefused() {
            return this.future.isCompletedExceptionally()
                    && this.future.handle((result, error) -> error).join() instanceof PublishQueueFullException;
        }

        /**
         * Waits for the future.
         */
        T result() throws Exception {
            return this.future.get(1, TimeUnit.MINUTES);
        }

        /**
         * Waits until the future is complete, and says when that was.
         */
        long completedNanos() throws Exception {
            result();
            while (this.completedNanos == 0) {
                Thread.onSpinWait();
            }
            return this.completedNanos;
        }
    }

    static SteadyLoad<PublishResult> start(EventPublisher publisher, int eventsPerSecond) {
        return start(
                event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)), eventsPerSecond);
    }

    /**
     * Starts it.
     * @param publish publishes the event of a number
     */
    static <T> SteadyLoad<T> start(IntFunction<CompletableFuture<T>> publish, int eventsPerSecond) {
        SteadyLoad<T> load = new SteadyLoad<>(publish);
        long period = TimeUnit.SECONDS.toNanos(THREADS) / eventsPerSecond;
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(10);
        for (int thread = 0; thread < THREADS; thread++) {
            int number = thread;
            load.ends.add(load.executor.submit(() -> load.publish(number, start + number * period / THREADS, period)));
        }
        return load;
    }

    private void publish(int thread, long start, long period) {
        long sleep = (period < SHORTEST_SLEEP_NANOS) ? SHORTEST_SLEEP_NANOS : 0;
        for (int i = 0; this.running; i++) {
            long due = start + i * period;
            for (long early; (early = due - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(Math.max(sleep, early));
            }
            int event = i * THREADS + thread;
            long published = System.nanoTime();
            this.events.add(new Event<>(due, published, this.publish.apply(event)));
        }
    }

    /**
     * Ends it, and returns all events in the end; some may still be under way.
     */
    List<Event<T>> stop() throws Exception {
        this.running = false;
        for (Future<?> end : this.ends) {
            end.get();
        }
        this.executor.shutdown();
        return List.copyOf(this.events);
    }
}
