package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.resilientkafka.EventTables;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.serialization.Serializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;

/**
 * The application stops: nothing accepted is lost, nothing is left behind. P8, H11.
 */
class ShutdownTests {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Pattern OURS = Pattern.compile("resilient-kafka|kafka-(producer|admin)|Hikari");

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    private final String database = this.postgres.createDatabase(unique("shutdown"));

    private final EventTables tables = new EventTables(this.postgres, this.database);

    private final Set<Thread> threadsBefore = Thread.getAllStackTraces().keySet();

    @BeforeEach
    void createTopic() {
        this.kafka.createTopic(this.topic, 3);
    }

    @Test
    @DisplayName("P8: closed in mid-load: everything accepted is in Kafka, nothing is left behind")
    void closedInMidLoad() throws Exception {
        TestApplication application = application().start();
        Load load = new Load(application.publisher(), this.topic);
        load.awaitPublished(2_000);

        Duration took = close(application);
        Map<Outcome, Set<String>> outcomes = load.outcomes();
        report("healthy", took, outcomes);
        assertThat(outcomes.keySet()).containsExactly(Outcome.SENT);
        assertThat(valuesInTopic()).isEqualTo(outcomes.get(Outcome.SENT));
        assertThat(took).isLessThan(BOUND);
        assertNothingLeft();
    }

    @Test
    @DisplayName("P8 H11: closed in mid-outage: everything accepted is in the database, nothing is left behind")
    void closedInMidOutage() throws Exception {
        TestApplication application = application().start();
        try {
            Load load = new Load(application.publisher(), this.topic);
            load.awaitPublished(1_000);
            this.kafka.kill();
            application.awaitCircuit("OPEN", PATIENCE);
            load.awaitPublished(5_000);

            Duration took = close(application);
            assertAllDurable("in mid-outage", took, load);
        } finally {
            application.close();
            this.kafka.start();
        }
    }

    @Test
    @DisplayName(
            "P8 H11: closed while the broker hangs and nobody has noticed yet: everything accepted ends up in Kafka"
                    + " or the database, within a bound")
    void closedWhenBrokerHangs() throws Exception {
        TestApplication application = application().start();
        try {
            Load load = new Load(application.publisher(), this.topic);
            load.awaitPublished(1_000);
            this.kafka.freeze();
            int published = load.published();
            load.awaitPublished(published + 500);
            assertThat(application.circuit()).isEqualTo("CLOSED");

            Duration took = close(application);
            assertAllDurable("when the broker hangs", took, load);
        } finally {
            application.close();
            this.kafka.start();
        }
    }

    private void assertAllDurable(String when, Duration took, Load load) throws Exception {
        Map<Outcome, Set<String>> outcomes = load.outcomes();
        report(when, took, outcomes);
        Set<String> stored = EventTables.values(this.tables.rows(EventStatus.PENDING));
        assertThat(outcomes.get(Outcome.STORED)).isEqualTo(stored).isNotEmpty();
        assertThat(took).isLessThan(BOUND);
        assertNothingLeft();
        this.kafka.start();
        assertThat(without(outcomes.get(Outcome.SENT), valuesInTopic()))
                .as("missing in the topic")
                .isEmpty();
    }

    @Test
    @DisplayName("P8: closed in mid-drain: what was sent is settled, the lanes are given back, the rest stays stored")
    void closedInMidDrain() throws Exception {
        TestApplication application =
                application().with("resilient-kafka.retry.batch-size", 100).start();
        try {
            get(application.publisher().publish(this.topic, "key", "warm-up"));
            this.kafka.kill();
            get(application.publisher().publish(this.topic, "key", "first"));
            List<CompletableFuture<PublishResult>> futures = new ArrayList<>();
            for (int i = 0; i < 8_000; i++) {
                futures.add(application.publisher().publish(this.topic, "key-" + i, "value-" + i));
            }
            for (CompletableFuture<PublishResult> future : futures) {
                assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
            }
            CompletableFuture<Void> broker = CompletableFuture.runAsync(this.kafka::start);
            await("rows resolved", () -> this.tables.count(EventStatus.RESOLVED) > 1_000);

            Duration took = close(application);
            broker.get(60, TimeUnit.SECONDS);
            Set<String> resolved = EventTables.values(this.tables.rows(EventStatus.RESOLVED));
            Set<String> pending = EventTables.values(this.tables.rows(EventStatus.PENDING));
            Map<String, Long> values = topic();
            values.remove("warm-up");
            System.out.printf(
                    "closed in mid-drain within %d ms: %d rows resolved, %d pending, %d in the topic%n",
                    took.toMillis(), resolved.size(), pending.size(), values.size());
            assertThat(pending).isNotEmpty();
            assertThat(resolved.size() + pending.size()).isEqualTo(8_001);
            assertThat(values.keySet()).isEqualTo(resolved);
            assertThat(values.values()).containsOnly(1L);
            assertThat(this.tables.leasedLanes()).isEmpty();
            assertThat(took).isLessThan(BOUND);
            assertNothingLeft();
        } finally {
            application.close();
            this.kafka.start();
        }
    }

    @Test
    @DisplayName("P8: publishing after the close is refused, whatever the publisher was doing meanwhile")
    void publishingAfterCloseIsRefused() throws Exception {
        TestApplication application = application()
                .with("spring.kafka.producer.value-serializer", HeldUp.class.getName())
                .start();
        EventPublisher publisher = application.publisher();
        assertThat(get(publisher.publish(this.topic, "key", "early")).outcome()).isEqualTo(Outcome.SENT);
        HeldUp.serializing = new CountDownLatch(1);
        HeldUp.goOn = new CountDownLatch(1);
        CompletableFuture<Throwable> caller =
                CompletableFuture.supplyAsync(() -> catchThrowable(() -> publisher.publish(this.topic, "key", "slow")));
        assertThat(HeldUp.serializing.await(10, TimeUnit.SECONDS)).isTrue();

        Duration took = close(application);
        HeldUp.goOn.countDown();
        System.out.printf(
                "closed within %d ms; a caller that was inside publish got %s%n", took.toMillis(), caller.get());
        assertThat(caller.get()).isInstanceOf(PublisherClosedException.class);
        assertThatThrownBy(() -> publisher.publish(this.topic, "key", "late"))
                .isInstanceOf(PublisherClosedException.class);
        assertThat(publisher.getPublisherStats().queuedEvents()).isZero();
        assertThat(publisher.getPublisherStats().queuedBytes()).isZero();
        assertThat(publisher.getPublisherStats().lostEvents()).isZero();
        assertThat(valuesInTopic()).containsExactly("early");
        assertNothingLeft();
    }

    @Test
    @DisplayName("P8 H11: the close waits for a caller that is inside publish: what it accepted is stored")
    void callerInsidePublish() throws Exception {
        TestApplication application = application().sources(SlowToStore.class).start();
        try {
            EventPublisher publisher = application.publisher();
            SlowToStore.Observer observer = application.context().getBean(SlowToStore.Observer.class);
            assertThat(get(publisher.publish(this.topic, "key", "early")).outcome())
                    .isEqualTo(Outcome.SENT);
            this.kafka.kill();
            assertThat(get(publisher.publish(this.topic, "key", "first")).outcome())
                    .isEqualTo(Outcome.STORED);
            observer.publisher = (ResilientEventPublisher) publisher;
            CompletableFuture<CompletableFuture<PublishResult>> caller =
                    CompletableFuture.supplyAsync(() -> publisher.publish(this.topic, "key", "slow"));
            assertThat(observer.entered.await(10, TimeUnit.SECONDS)).isTrue();

            Duration took = close(application);
            Outcome outcome = get(caller.get(10, TimeUnit.SECONDS)).outcome();
            System.out.printf("closed within %d ms with a caller inside publish: %s%n", took.toMillis(), outcome);
            assertThat(outcome).isEqualTo(Outcome.STORED);
            assertThat(EventTables.values(this.tables.rows(EventStatus.PENDING)))
                    .containsExactlyInAnyOrder("first", "slow");
            assertThat(took).isLessThan(BOUND);
            assertNothingLeft();
        } finally {
            application.close();
            this.kafka.start();
        }
    }

    @Test
    @DisplayName("P8: closing again, and from several threads at once, does no harm")
    void closedAgain() throws Exception {
        TestApplication application = application().start();
        assertThat(get(application.publisher().publish(this.topic, "key", "value"))
                        .outcome())
                .isEqualTo(Outcome.SENT);
        Map<String, DisposableBean> beans = application.context().getBeansOfType(DisposableBean.class);
        Map<String, SmartLifecycle> lifecycles = application.context().getBeansOfType(SmartLifecycle.class);
        CompletableFuture<?>[] closes = IntStream.range(0, 3)
                .mapToObj(i -> CompletableFuture.runAsync(application::close))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(closes).get(20, TimeUnit.SECONDS);
        for (String name : List.of("resilientKafkaEventPublisher", "resilientKafkaRelay")) {
            lifecycles.get(name).stop();
            beans.get(name).destroy();
            lifecycles.get(name).start();
            System.out.printf(
                    "%s closed, stopped, destroyed, started: running %s%n",
                    name, lifecycles.get(name).isRunning());
        }
        assertNothingLeft();
    }

    @Test
    @DisplayName("P8: a callback that blocks does not hold up the close for ever")
    void blockedCallback() throws Exception {
        TestApplication application = application().start();
        get(application.publisher().publish(this.topic, "key", "warm-up"));
        CountDownLatch blocked = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        // Attached while the broker cannot answer: a future that is complete runs its callback in the caller's thread.
        this.kafka.freeze();
        try {
            CompletableFuture<PublishResult> future = application.publisher().publish(this.topic, "key", "value");
            future.thenAccept(result -> {
                blocked.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException ex) {
                    interrupted.complete(true);
                }
            });
        } finally {
            this.kafka.thaw();
        }
        assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();

        Duration took = close(application);
        System.out.printf("closed within %d ms with a callback that blocks%n", took.toMillis());
        assertThat(took).isLessThan(BOUND);
        assertThat(interrupted.get(5, TimeUnit.SECONDS)).isTrue();
        assertNothingLeft();
    }

    @Test
    @DisplayName("H11: a start that fails after the publisher has worked leaves nothing behind, and what was published"
            + " arrives")
    void failedStart() {
        Throwable failure = catchThrowable(() -> application()
                .sources(FailingStart.class)
                .with("topic", this.topic)
                .start());
        System.out.printf("start failed: %s%n", failure);
        assertThat(failure).hasRootCauseMessage("no good");
        assertNothingLeft();
        assertThat(valuesInTopic()).containsExactly("published before the failure");
    }

    @Test
    @DisplayName("H11: a start that fails for a wrong producer setting leaves nothing behind")
    void wrongProducerSetting() {
        Throwable failure = catchThrowable(() -> application()
                .with("spring.kafka.producer.compression-type", "nonsense")
                .start());
        System.out.printf("start failed: %s%n", failure.getMessage());
        assertThat(failure).hasStackTraceContaining("nonsense");
        assertNothingLeft();
    }

    @Test
    @DisplayName("H11: a context that is stopped and started again publishes, stores and drains again")
    void stoppedAndStarted() throws Exception {
        try (TestApplication application = application().start()) {
            EventPublisher publisher = application.publisher();
            for (int round = 0; round < 2; round++) {
                assertThat(get(publisher.publish(this.topic, "key", "running " + round))
                                .outcome())
                        .isEqualTo(Outcome.SENT);
                application.context().stop();
                assertThatThrownBy(() -> publisher.publish(this.topic, "key", "stopped"))
                        .isInstanceOf(PublisherClosedException.class);
                assertNoThreadLeft(Pattern.compile("resilient-kafka-(?!events)|kafka-(producer|admin)"));
                application.context().start();
            }
            this.kafka.kill();
            assertThat(get(publisher.publish(this.topic, "key", "outage")).outcome())
                    .isEqualTo(Outcome.STORED);
            application.context().stop();
            application.context().start();
            this.kafka.start();
            await("the row resolved", () -> this.tables.count(EventStatus.RESOLVED) == 1);
            application.awaitSent(this.topic, "key", "at last");
        } finally {
            this.kafka.start();
        }
        Map<String, Long> values = topic();
        System.out.printf("stopped and started: %s%n", values);
        assertThat(values.keySet()).containsExactlyInAnyOrder("running 0", "running 1", "outage", "at last");
        assertNothingLeft();
    }

    @Test
    @DisplayName("H11: two contexts in one JVM do not disturb each other, nor does the end of one the other")
    void twoContexts() throws Exception {
        Logger logger = (Logger) LoggerFactory.getLogger("org.apache.kafka.common");
        Level level = logger.getLevel();
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.WARN);
        try (TestApplication first = application().start();
                TestApplication second = application().start()) {
            assertThat(get(first.publisher().publish(this.topic, "key", "first"))
                            .outcome())
                    .isEqualTo(Outcome.SENT);
            assertThat(get(second.publisher().publish(this.topic, "key", "second"))
                            .outcome())
                    .isEqualTo(Outcome.SENT);
            Set<String> both = beans();
            first.close();
            Set<String> one = beans();
            assertThat(get(second.publisher().publish(this.topic, "key", "second again"))
                            .outcome())
                    .isEqualTo(Outcome.SENT);
            assertThat(second.publisher().getPublisherStats().healthy()).isTrue();
            second.close();
            System.out.printf(
                    "two contexts: %d JMX names, %d after the end of one, %d after both; %s%n",
                    both.size(), one.size(), beans().size(), log.list);
            assertThat(one).isNotEmpty().hasSizeLessThan(both.size());
            assertThat(beans()).isEmpty();
            assertThat(log.list).isEmpty();
        } finally {
            logger.detachAppender(log);
            logger.setLevel(level);
        }
        assertNothingLeft();
    }

    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.database)
                .with("resilient-kafka.retry.interval", "1s");
    }

    private static Duration close(TestApplication application) {
        long start = System.nanoTime();
        application.close();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static void report(String when, Duration took, Map<Outcome, Set<String>> outcomes) {
        Map<Outcome, Integer> counts = outcomes.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().size()));
        System.out.printf("closed %s within %d ms: %s%n", when, took.toMillis(), counts);
    }

    private void assertNothingLeft() {
        assertNoThreadLeft(OURS);
        Awaitility.await("no connection left").atMost(PATIENCE).until(() -> this.tables.connections() == 0);
        assertThat(beans()).isEmpty();
    }

    /**
     * Threads that were told to end take a moment.
     */
    private void assertNoThreadLeft(Pattern names) {
        Awaitility.await("no thread left").atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(
                        Thread.getAllStackTraces().keySet().stream()
                                .filter(thread -> !this.threadsBefore.contains(thread))
                                .map(Thread::getName)
                                .filter(name -> names.matcher(name).find()))
                .isEmpty());
    }

    private static Set<String> beans() {
        return ManagementFactory.getPlatformMBeanServer().queryNames(null, null).stream()
                .map(Object::toString)
                .filter(name -> name.contains("resilient-kafka"))
                .collect(Collectors.toSet());
    }

    private static void await(String what, Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(condition);
    }

    private Map<String, Long> topic() {
        return TopicReader.values(TopicReader.readAll(this.kafka.clientConfig(), this.topic));
    }

    private Set<String> valuesInTopic() {
        return topic().keySet();
    }

    private static Set<String> without(Set<String> values, Set<String> others) {
        return values.stream().filter(value -> !others.contains(value)).collect(Collectors.toSet());
    }

    /**
     * Threads that publish until the publisher is closed.
     */
    private static final class Load {

        private static final int THREADS = 4;

        private final Queue<Published> published = new ConcurrentLinkedQueue<>();

        private final List<CompletableFuture<Throwable>> ends = new ArrayList<>();

        private record Published(String value, CompletableFuture<PublishResult> future) {}

        Load(EventPublisher publisher, String topic) {
            for (int t = 0; t < THREADS; t++) {
                int number = t;
                CompletableFuture<Throwable> end = new CompletableFuture<>();
                new Thread(
                                () -> end.complete(catchThrowable(() -> publish(publisher, topic, number))),
                                "publishing-" + number)
                        .start();
                this.ends.add(end);
            }
        }

        private void publish(EventPublisher publisher, String topic, int thread) {
            for (int i = 0; true; i++) {
                String value = thread + "-" + i;
                this.published.add(new Published(value, publisher.publish(topic, "key-" + (i % 100), value)));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }

        int published() {
            return this.published.size();
        }

        void awaitPublished(int count) {
            await("events published", () -> this.published.size() >= count);
        }

        /**
         * What became of all events that were accepted. By now all of them must know.
         */
        Map<Outcome, Set<String>> outcomes() throws Exception {
            for (CompletableFuture<Throwable> end : this.ends) {
                assertThat(end.get(10, TimeUnit.SECONDS)).isExactlyInstanceOf(PublisherClosedException.class);
            }
            assertThat(this.published).allMatch(one -> one.future().isDone());
            assertThat(this.published).noneMatch(one -> one.future().isCompletedExceptionally());
            return this.published.stream()
                    .collect(Collectors.groupingBy(
                            one -> one.future().join().outcome(),
                            Collectors.mapping(Published::value, Collectors.toCollection(HashSet::new))));
        }
    }

    /**
     * A serializer that takes its time over one value.
     */
    public static final class HeldUp implements Serializer<String> {

        static CountDownLatch serializing = new CountDownLatch(1);

        static CountDownLatch goOn = new CountDownLatch(1);

        @Override
        public byte[] serialize(String topic, String data) {
            if (data.equals("slow")) {
                serializing.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException ex) {
                    throw new IllegalStateException(ex);
                }
            }
            return data.getBytes(StandardCharsets.UTF_8);
        }
    }

    /**
     * An application in which an event that is on its way to the store waits until the publisher is being closed.
     */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.Minimal.class)
    static class SlowToStore {

        @Bean
        @Primary
        Observer slowObserver() {
            return new Observer();
        }

        static final class Observer implements PublisherObserver {

            private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

            final CountDownLatch entered = new CountDownLatch(1);

            volatile ResilientEventPublisher publisher;

            @Override
            public void notSent(FailureKind kind, long nanos) {
                ResilientEventPublisher publisher = this.publisher;
                if (publisher != null) {
                    this.entered.countDown();
                    while (publisher.isRunning()) {
                        Thread.onSpinWait();
                    }
                    for (long late = System.nanoTime() + LATE_NANOS; late - System.nanoTime() > 0; ) {
                        LockSupport.parkNanos(LATE_NANOS);
                    }
                }
            }
        }
    }

    /**
     * An application with a bean that publishes, then fails.
     */
    @Configuration(proxyBeanMethods = false)
    @Import(TestApplication.Minimal.class)
    static class FailingStart {

        @Bean
        InitializingBean failing(
                EventPublisher publisher, FailedEventRetryService retries, @Value("${topic}") String topic) {
            return () -> {
                publisher.publish(topic, "key", "published before the failure");
                retries.drainNow();
                throw new IllegalStateException("no good");
            };
        }
    }
}
