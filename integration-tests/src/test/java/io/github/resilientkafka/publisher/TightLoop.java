package io.github.resilientkafka.publisher;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.PublishResult;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * An application in a JVM of its own that publishes as fast as it can, from several threads and with no regard for what
 * becomes of it, until a file {@code stop} appears. Every 100 ms it writes down where it stands.
 */
final class TightLoop {

    static final int THREADS = 8;

    static final String DIRECTORY = "loop.directory";

    static final String TOPIC = "loop.topic";

    static final String VALUE_LENGTH = "loop.value-length";

    private final Path directory;

    private final EventPublisher publisher;

    private final String topic;

    private final String padding;

    /** How many events of each thread were accepted; its next one has this number. */
    private final AtomicLongArray accepted = new AtomicLongArray(THREADS);

    private final AtomicLong durable = new AtomicLong();

    private final AtomicLong full = new AtomicLong();

    private final AtomicLong failed = new AtomicLong();

    private long mostAfterGc;

    private TightLoop(Path directory, EventPublisher publisher, String topic, int valueLength) {
        this.directory = directory;
        this.publisher = publisher;
        this.topic = topic;
        this.padding = "x".repeat(valueLength);
    }

    private void run() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            Thread thread = new Thread(() -> publish(number), "publishing-" + i);
            threads.add(thread);
            thread.start();
        }
        while (!stopped() || this.durable.get() + this.failed.get() < accepted()) {
            write(threads, false);
            TimeUnit.MILLISECONDS.sleep(100);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        write(threads, true);
    }

    private boolean stopped() {
        return Files.exists(this.directory.resolve("stop"));
    }

    private long accepted() {
        long sum = 0;
        for (int i = 0; i < THREADS; i++) {
            sum += this.accepted.get(i);
        }
        return sum;
    }

    private void publish(int thread) {
        for (int round = 0; round % 1_000 != 0 || !stopped(); round++) {
            String value = thread + "-" + this.accepted.get(thread) + "-" + this.padding;
            CompletableFuture<PublishResult> future = this.publisher.publish(this.topic, "key-" + round % 500, value);
            if (future.isCompletedExceptionally() && isFull(future)) {
                this.full.incrementAndGet();
            } else {
                this.accepted.incrementAndGet(thread);
                future.whenComplete(
                        (result, error) -> ((error == null) ? this.durable : this.failed).incrementAndGet());
            }
        }
    }

    private static boolean isFull(CompletableFuture<?> future) {
        return future.handle((result, error) -> error instanceof PublishQueueFullException)
                .join();
    }

    private void write(List<Thread> threads, boolean ended) throws Exception {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage afterGc = pool.getCollectionUsage();
            if (pool.getName().startsWith("Tenured") && afterGc != null) {
                this.mostAfterGc = Math.max(this.mostAfterGc, afterGc.getUsed());
            }
        }
        Properties state = new Properties();
        state.setProperty("alive", "" + threads.stream().filter(Thread::isAlive).count());
        state.setProperty("accepted", "" + accepted());
        state.setProperty("durable", "" + this.durable);
        state.setProperty("full", "" + this.full);
        state.setProperty("failed", "" + this.failed);
        state.setProperty("after-gc", "" + this.mostAfterGc);
        for (int i = 0; i < THREADS; i++) {
            state.setProperty("accepted-" + i, "" + this.accepted.get(i));
        }
        if (ended) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            state.setProperty("used-at-end", "" + (runtime.totalMemory() - runtime.freeMemory()));
        }
        Path next = this.directory.resolve("state.next");
        try (var out = Files.newOutputStream(next)) {
            state.store(out, null);
        }
        Files.move(next, this.directory.resolve("state"), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * What the child runs.
     */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.Minimal.class)
    static class Main {

        public static void main(String[] arguments) throws Exception {
            ConfigurableApplicationContext context = SpringApplication.run(Main.class, arguments);
            Path directory = Path.of(context.getEnvironment().getRequiredProperty(DIRECTORY));
            String topic = context.getEnvironment().getRequiredProperty(TOPIC);
            int valueLength = context.getEnvironment().getRequiredProperty(VALUE_LENGTH, Integer.class);
            new TightLoop(directory, context.getBean(EventPublisher.class), topic, valueLength).run();
            new CountDownLatch(1).await();
        }
    }
}
