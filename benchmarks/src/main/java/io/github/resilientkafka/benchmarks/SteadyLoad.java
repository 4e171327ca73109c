package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Publishes at a steady rate, whatever becomes of the events, and keeps the times of each: when it was due, when it was
 * published (later, if its thread was held up), when its future was complete.
 */
final class SteadyLoad {

    private static final int THREADS = 4;

    private final EventPublisher publisher;

    private final ExecutorService executor = Executors.newFixedThreadPool(THREADS);

    private final List<Future<?>> ends = new ArrayList<>();

    private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();

    private volatile boolean running = true;

    private SteadyLoad(EventPublisher publisher) {
        this.publisher = publisher;
    }

    /**
     * An event's times, by {@link System#nanoTime()}.
     */
    static final class Event {

        private final long dueNanos;

        private final long publishedNanos;

        private final CompletableFuture<PublishResult> future;

        private volatile long completedNanos;

        private Event(long dueNanos, long publishedNanos, CompletableFuture<PublishResult> future) {
            this.dueNanos = dueNanos;
            this.publishedNanos = publishedNanos;
            this.future = future;
            future.whenComplete(this::completed);
        }

        private void completed(@Nullable PublishResult result, @Nullable Throwable error) {
            this.completedNanos = System.nanoTime();
        }

        long dueNanos() {
            return this.dueNanos;
        }

        long publishedNanos() {
            return this.publishedNanos;
        }

        /**
         * Waits for the future.
         */
        PublishResult result() throws Exception {
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

    static SteadyLoad start(EventPublisher publisher, int eventsPerSecond) {
        SteadyLoad load = new SteadyLoad(publisher);
        long period = TimeUnit.SECONDS.toNanos(THREADS) / eventsPerSecond;
        long start = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(10);
        for (int thread = 0; thread < THREADS; thread++) {
            int number = thread;
            load.ends.add(load.executor.submit(() -> load.publish(number, start + number * period / THREADS, period)));
        }
        return load;
    }

    private void publish(int thread, long start, long period) {
        for (int i = 0; this.running; i++) {
            long due = start + i * period;
            for (long early; (early = due - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(early);
            }
            int event = i * THREADS + thread;
            long published = System.nanoTime();
            CompletableFuture<PublishResult> future =
                    this.publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event));
            this.events.add(new Event(due, published, future));
        }
    }

    /**
     * Ends it, and returns all events in the end; some may still be under way.
     */
    List<Event> stop() throws Exception {
        this.running = false;
        for (Future<?> end : this.ends) {
            end.get();
        }
        this.executor.shutdown();
        return List.copyOf(this.events);
    }
}
