package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Payload.Kind;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherClosedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Publishes numbered events from several threads, while the {@link Switches} say so, until the publisher is closed. All
 * instances publish the same keys; within an instance a key belongs to one thread, so its events have an order.
 */
final class Load implements AutoCloseable {

    private static final int THREADS = 2;

    private static final long JOIN_MILLIS = 2_000;

    /** Some for each of the 64 lanes. */
    private static final int KEYS = 200;

    /** Every so many events one is poison, one is flaky. */
    private static final int POISON_EVERY = 401;

    private static final int FLAKY_EVERY = 1009;

    /** Of no use to a compressor; see {@link World#LARGEST_MESSAGE}. */
    private static final String LARGE = new Random(1)
            .ints(World.LARGEST_MESSAGE + 10_000, 'A', 'Z' + 1)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();

    /** How many events a thread has published at most without knowing what became of them. */
    private static final int WINDOW = 1_000;

    /** The same of all threads. */
    static final int MOST_UNDER_WAY = THREADS * WINDOW;

    private final EventPublisher publisher;

    private final Journal journal;

    private final Switches switches;

    private final String instance;

    private final long pauseNanos;

    private final int tooLargeEvery;

    private final List<Thread> threads = new ArrayList<>();

    private volatile boolean closed;

    /**
     * @param rate events per second
     * @param tooLargeEvery every so many events one is too large; 0: none is
     */
    Load(EventPublisher publisher, Journal journal, Switches switches, String instance, int rate, int tooLargeEvery) {
        this.publisher = publisher;
        this.journal = journal;
        this.switches = switches;
        this.instance = instance;
        this.pauseNanos = TimeUnit.SECONDS.toNanos(THREADS) / rate;
        this.tooLargeEvery = tooLargeEvery;
    }

    void start() {
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            this.threads.add(new Thread(() -> run(thread), "load-" + thread));
        }
        this.threads.forEach(Thread::start);
    }

    /** Waits until every thread has seen that the publisher is closed. */
    @Override
    public void close() throws InterruptedException {
        this.closed = true;
        for (Thread thread : this.threads) {
            // One that waits for futures that never complete stays.
            thread.join(JOIN_MILLIS);
        }
    }

    private void run(int thread) {
        Semaphore window = new Semaphore(WINDOW);
        long due = System.nanoTime();
        for (long number = thread; true; number += THREADS) {
            while (!this.switches.isLoadOn()) {
                if (this.closed) {
                    return;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                due = System.nanoTime();
            }
            window.acquireUninterruptibly();
            if (!publish(number, window)) {
                return;
            }
            due += this.pauseNanos;
            LockSupport.parkNanos(due - System.nanoTime());
        }
    }

    /** Returns whether the publisher is still open. */
    private boolean publish(long number, Semaphore window) {
        Payload payload = new Payload(this.instance, this.journal.incarnation(), number, kind(number));
        // The lowest digit is the thread's; so a key always has the same one.
        String key = "key-" + number % KEYS;
        String topic = (number / THREADS % 3 == 0) ? "invoices" : "orders";
        this.journal.published(topic, key, payload);
        CompletableFuture<PublishResult> future;
        try {
            future = this.publisher.publish(topic, key, textOf(payload));
        } catch (PublisherClosedException ex) {
            this.journal.refused(payload, ex);
            return false;
        } catch (RuntimeException ex) {
            // There is no reason for any other: let the checker say so.
            this.journal.refused(payload, ex);
            window.release();
            return true;
        }
        future.whenComplete((result, error) -> {
            if (error == null) {
                this.journal.kept(payload, result.outcome());
            } else {
                this.journal.refused(payload, error);
            }
            window.release();
        });
        return true;
    }

    private static String textOf(Payload payload) {
        return (payload.kind() == Kind.TOO_LARGE) ? payload + "/" + LARGE : payload.toString();
    }

    private Kind kind(long number) {
        if (this.tooLargeEvery > 0 && number % this.tooLargeEvery == this.tooLargeEvery - 1) {
            return Kind.TOO_LARGE;
        }
        if (number % POISON_EVERY == POISON_EVERY - 1) {
            return Kind.POISON;
        }
        return (number % FLAKY_EVERY == FLAKY_EVERY - 1) ? Kind.FLAKY : Kind.GOOD;
    }
}
