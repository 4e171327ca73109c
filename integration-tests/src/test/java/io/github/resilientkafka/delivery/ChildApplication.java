package io.github.resilientkafka.delivery;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherObserver;
import io.github.resilientkafka.testing.LocalApplication;
import io.github.resilientkafka.testing.LocalServer.State;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;
import org.springframework.util.FileSystemUtils;

/**
 * An application in a JVM of its own, to be killed or frozen. It publishes numbered events from several threads and
 * writes down, in a file that outlives it, what became of every one of them; or it publishes nothing and drains only.
 */
final class ChildApplication implements AutoCloseable {

    /**
     * How many events a thread has published at most without knowing what became of them.
     */
    static final int WINDOW = 250;

    private static final String DIRECTORY = "child.directory";

    private static final String THREADS = "child.threads";

    private static final String PAUSE = "child.pause";

    private static final String TOPIC = "child.topic";

    private static final String HALT_AFTER = "child.halt-after";

    private static final String HALT_AFTER_SENT = "child.halt-after-sent";

    private static final String REPLAY = "child.replay";

    private static final String SOURCE = "child.replay-source";

    private static final String RATE = "child.replay-rate";

    private static final String KEPT = "kept";

    private static final String STARTED = "started";

    private static final String HALTED = "halted";

    private static final String GO_ON = "go-on";

    private final Path directory;

    private final LocalApplication jvm;

    private ChildApplication(Path directory, LocalApplication jvm) {
        this.directory = directory;
        this.jvm = jvm;
    }

    /**
     * Runs an application that publishes from the moment it has started until it is killed.
     * @param pause between two events of a thread
     */
    static ChildApplication publishing(TestApplication.Builder application, String topic, int threads, Duration pause) {
        return launch(application.with(TOPIC, topic).with(THREADS, threads).with(PAUSE, pause));
    }

    /**
     * Runs an application that publishes nothing.
     */
    static ChildApplication draining(TestApplication.Builder application) {
        return launch(application);
    }

    /**
     * Runs an application that publishes nothing, and whose relay halts once it has settled so many rows, exactly
     * between a batch that is settled and the next one that is read already, until {@link #goOn} is called.
     */
    static ChildApplication haltingBetweenBatches(TestApplication.Builder application, int settled) {
        return launch(application.with(HALT_AFTER, settled));
    }

    /**
     * Runs an application that publishes nothing and replays the stored dead letters of a topic from its start on, 500 a
     * second.
     */
    static ChildApplication replaying(TestApplication.Builder application, String topic) {
        return launch(
                application.with(REPLAY, topic).with(SOURCE, ReplaySource.STORE).with(RATE, 500));
    }

    /**
     * Runs an application that publishes nothing and replays the dead-letter topic of a topic from its start on, and that
     * halts, while a chunk is being sent, once so many records are acknowledged.
     */
    static ChildApplication replayingTopicUntil(TestApplication.Builder application, String topic, int sent) {
        return launch(application
                .with(REPLAY, topic)
                .with(SOURCE, ReplaySource.TOPIC)
                .with(RATE, 100_000)
                .with(HALT_AFTER_SENT, sent)
                // A few records in each request: most of a chunk is not on its way yet when it halts.
                .with("resilient-kafka.publisher.properties[batch.size]", 1_000)
                .with("resilient-kafka.publisher.properties[max.in.flight.requests.per.connection]", 1));
    }

    private static ChildApplication launch(TestApplication.Builder application) {
        try {
            Path directory = Files.createTempDirectory("resilient-kafka-child-");
            return new ChildApplication(
                    directory,
                    application
                            .with(DIRECTORY, directory)
                            .inJvmOfItsOwn(Main.class)
                            .launch());
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    LocalApplication jvm() {
        return this.jvm;
    }

    /**
     * Whether the context is up.
     */
    boolean hasStarted() {
        if (this.jvm.state() == State.STOPPED) {
            throw new IllegalStateException("The child is gone: " + this.jvm.log());
        }
        return Files.exists(this.directory.resolve(STARTED));
    }

    boolean hasHalted() {
        return Files.exists(this.directory.resolve(HALTED));
    }

    void goOn() {
        touch(this.directory.resolve(GO_ON));
    }

    /**
     * The values of the events whose futures completed normally, and of which somebody was told.
     */
    Set<String> kept() {
        try {
            String text =
                    Files.exists(this.directory.resolve(KEPT)) ? Files.readString(this.directory.resolve(KEPT)) : "";
            // The last line may be torn by the kill.
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().collect(Collectors.toSet());
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public void close() {
        this.jvm.close();
        FileSystemUtils.deleteRecursively(this.directory.toFile());
    }

    private static void touch(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /**
     * What the child runs.
     */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.Minimal.class)
    static class Main {

        public static void main(String[] arguments) throws IOException, InterruptedException {
            ConfigurableApplicationContext context = SpringApplication.run(Main.class, arguments);
            Environment environment = context.getEnvironment();
            Path directory = Path.of(environment.getRequiredProperty(DIRECTORY));
            touch(directory.resolve(STARTED));
            String topic = environment.getProperty(TOPIC);
            if (topic != null) {
                long pause =
                        environment.getRequiredProperty(PAUSE, Duration.class).toNanos();
                OutputStream kept = Files.newOutputStream(directory.resolve(KEPT), StandardOpenOption.CREATE_NEW);
                EventPublisher publisher = context.getBean(EventPublisher.class);
                for (int t = 0; t < environment.getRequiredProperty(THREADS, Integer.class); t++) {
                    int number = t;
                    new Thread(() -> publish(publisher, topic, number, pause, kept), "publishing-" + t).start();
                }
            }
            String replay = environment.getProperty(REPLAY);
            if (replay != null) {
                context.getBean(DeadLetterReplays.class)
                        .start(
                                replay,
                                ReplayOptions.defaults()
                                        .withSource(environment.getRequiredProperty(SOURCE, ReplaySource.class))
                                        .withRowsPerSecond(environment.getRequiredProperty(RATE, Integer.class)));
            }
            new CountDownLatch(1).await();
        }

        private static void publish(EventPublisher publisher, String topic, int thread, long pause, OutputStream kept) {
            Semaphore window = new Semaphore(WINDOW);
            for (int i = 0; true; i++) {
                window.acquireUninterruptibly();
                String value = thread + "-" + i;
                publisher.publish(topic, "key-" + (i % 500), value).whenComplete((result, failure) -> {
                    if (failure == null) {
                        note(kept, value);
                    }
                    window.release();
                });
                LockSupport.parkNanos(pause);
            }
        }

        private static void note(OutputStream kept, String value) {
            try {
                kept.write((value + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }

        @Bean
        @Primary
        DeliveryObserver haltingObserver(Environment environment) {
            int haltAfter = environment.getProperty(HALT_AFTER, Integer.class, Integer.MAX_VALUE);
            return new Halting(Path.of(environment.getRequiredProperty(DIRECTORY)), haltAfter);
        }

        @Bean
        PublisherObserver haltingPublisherObserver(Environment environment) {
            int haltAfter = environment.getProperty(HALT_AFTER_SENT, Integer.class, Integer.MAX_VALUE);
            Path halted = Path.of(environment.getRequiredProperty(DIRECTORY)).resolve(HALTED);
            AtomicInteger sent = new AtomicInteger();
            return new PublisherObserver() {

                @Override
                public void sent(long nanos) {
                    if (sent.incrementAndGet() == haltAfter) {
                        touch(halted);
                        LockSupport.park();
                    }
                }
            };
        }
    }

    private static final class Halting implements DeliveryObserver {

        private final Path directory;

        private final int haltAfter;

        private int settled;

        private boolean halted;

        Halting(Path directory, int haltAfter) {
            this.directory = directory;
            this.haltAfter = haltAfter;
        }

        @Override
        public synchronized void retrySucceeded(int events) {
            this.settled += events;
            if (this.settled >= this.haltAfter && !this.halted) {
                this.halted = true;
                touch(this.directory.resolve(HALTED));
                while (!Files.exists(this.directory.resolve(GO_ON))) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                }
            }
        }
    }
}
