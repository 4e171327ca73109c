package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * Threads that publish numbered events at a steady rate, whatever happens, each to keys of its own. An event's value is
 * {@code <source>-<number>}; a source's numbers ascend.
 */
final class SteadyLoad implements AutoCloseable {

    private final Queue<Published> published = new ConcurrentLinkedQueue<>();

    private final AtomicLong storedNanos = new AtomicLong();

    private final AtomicLong sentNanos = new AtomicLong();

    private final List<Thread> threads = new ArrayList<>();

    private volatile boolean running = true;

    record Published(String key, String value, long nanos, CompletableFuture<PublishResult> future) {}

    SteadyLoad(EventPublisher publisher, String topic, String name, int threads, int keys, int eventsPerSecond) {
        for (int t = 0; t < threads; t++) {
            String source = name + t;
            long pause = TimeUnit.SECONDS.toNanos(1) * threads / eventsPerSecond;
            Thread thread = new Thread(() -> publish(publisher, topic, source, keys, pause), "publishing-" + source);
            this.threads.add(thread);
            thread.start();
        }
    }

    private void publish(EventPublisher publisher, String topic, String source, int keys, long pauseNanos) {
        long due = System.nanoTime();
        for (int i = 0; this.running; i++) {
            String key = source + "-key-" + (i % keys);
            String value = source + "-" + i;
            long now = System.nanoTime();
            CompletableFuture<PublishResult> future = publisher.publish(topic, key, value);
            future.thenAccept(result -> {
                AtomicLong last = (result.outcome() == Outcome.STORED) ? this.storedNanos : this.sentNanos;
                last.set(System.nanoTime());
            });
            this.published.add(new Published(key, value, now, future));
            due += pauseNanos;
            LockSupport.parkNanos(due - System.nanoTime());
        }
    }

    int size() {
        return this.published.size();
    }

    Queue<Published> published() {
        return this.published;
    }

    void awaitEvents(int more) {
        int before = size();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> size() >= before + more);
    }

    /**
     * Waits until events are stored.
     */
    void awaitStored() {
        long before = System.nanoTime();
        Awaitility.await("events are stored")
                .atMost(Duration.ofSeconds(30))
                .until(() -> this.storedNanos.get() - before > 0);
    }

    /**
     * Waits until every event is sent again, and none has been stored for a second.
     */
    void awaitAllSent(Duration atMost) {
        Awaitility.await("all events are sent, while they go on being published")
                .atMost(atMost)
                .until(() -> {
                    long quiet = System.nanoTime() - TimeUnit.SECONDS.toNanos(1);
                    return this.storedNanos.get() - quiet < 0 && this.sentNanos.get() - quiet > 0;
                });
    }

    /**
     * Stops publishing and waits for all futures, which must complete normally.
     */
    Set<String> stop() throws Exception {
        close();
        for (Published one : this.published) {
            try {
                one.future().get(60, TimeUnit.SECONDS);
            } catch (TimeoutException ex) {
                throw new AssertionError("no answer for " + one.value(), ex);
            }
        }
        return this.published.stream().map(Published::value).collect(Collectors.toSet());
    }

    long count(Outcome outcome) {
        return this.published.stream()
                .filter(one -> one.future().join().outcome() == outcome)
                .count();
    }

    @Override
    public void close() throws InterruptedException {
        this.running = false;
        for (Thread thread : this.threads) {
            thread.join();
        }
    }
}
