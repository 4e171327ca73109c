package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A broker dies and comes back under load. W1, W2, D1, H11.
 */
class BrokerOutageTests {

    private static final int MAX_STORED = 100_000;

    private static final Duration BACK = Duration.ofSeconds(10);

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    @Test
    @DisplayName(
            "W1 W2: broker killed under 8 publishing threads: every future completes, nothing is lost, resolved within 10 s")
    void killed() throws Exception {
        outageUnderLoad(LocalKafka::kill);
    }

    @Test
    @DisplayName(
            "W1 W2: broker frozen under 8 publishing threads: every future completes, nothing is lost, resolved within 10 s")
    void frozen() throws Exception {
        outageUnderLoad(LocalKafka::freeze);
    }

    private void outageUnderLoad(Consumer<LocalKafka> outage) throws Exception {
        String topic = unique("orders");
        this.kafka.createTopic(topic, 6);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("outage")))
                .start()) {
            EventPublisher publisher = application.publisher();
            assertThat(get(publisher.publish(topic, "warm-up", "warm-up")).outcome())
                    .isEqualTo(Outcome.SENT);
            ConcurrentLinkedQueue<Published> published = new ConcurrentLinkedQueue<>();
            List<Thread> threads = publishingThreads(publisher, topic, published);
            Awaitility.await().until(() -> published.size() > MAX_STORED / 20);

            outage.accept(this.kafka);
            for (Thread thread : threads) {
                thread.join();
            }
            List<Published> durable = new ArrayList<>();
            for (Published one : published) {
                try {
                    one.future().get(30, TimeUnit.SECONDS);
                    durable.add(one);
                } catch (ExecutionException ex) {
                    assertThat(ex.getCause()).isInstanceOf(PublishQueueFullException.class);
                }
            }
            long stored = application.rows(EventStatus.PENDING);
            System.out.printf("published %d, durable %d, stored %d%n", published.size(), durable.size(), stored);

            this.kafka.start();
            long answered = System.nanoTime();
            application.awaitNoneLeft(Duration.ofSeconds(60));
            Duration resolved = Duration.ofNanos(System.nanoTime() - answered);
            System.out.printf("%d rows resolved %d ms after the broker answered%n", stored, resolved.toMillis());
            assertThat(stored).isBetween(MAX_STORED * 3L / 4, (long) MAX_STORED);
            assertThat(resolved).isLessThan(BACK);
            application.awaitCircuit("CLOSED", Duration.ofSeconds(5));
            application.awaitSent(topic, "k", "afterwards");

            Map<String, Long> values = TopicReader.values(TopicReader.readAll(this.kafka.clientConfig(), topic));
            assertThat(durable).allSatisfy(one -> assertThat(values).containsKey(one.value()));
            long duplicates =
                    values.values().stream().filter(count -> count > 1).count();
            System.out.printf("%d values, %d of them more than once%n", values.size(), duplicates);
        }
    }

    private static List<Thread> publishingThreads(
            EventPublisher publisher, String topic, ConcurrentLinkedQueue<Published> published) {
        AtomicInteger count = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            int number = t;
            Thread thread = new Thread(() -> {
                for (int i = 0; count.incrementAndGet() < MAX_STORED; i++) {
                    String value = number + "-" + i;
                    published.add(new Published(value, publisher.publish(topic, "key-" + (i % 100), value)));
                    LockSupport.parkNanos(200_000);
                }
            });
            thread.start();
            threads.add(thread);
        }
        return threads;
    }

    @Test
    @DisplayName("W2: broker killed: a single slow caller waits at most the stall time-out and a second, later ms")
    void slowCaller() throws Exception {
        slowCaller(LocalKafka::kill);
    }

    @Test
    @DisplayName("W2: broker frozen: a single slow caller waits at most the stall time-out and a second, later ms")
    void slowCallerFrozen() throws Exception {
        slowCaller(LocalKafka::freeze);
    }

    private void slowCaller(Consumer<LocalKafka> outage) throws Exception {
        String topic = unique("slow");
        this.kafka.createTopic(topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("slow")))
                .start()) {
            EventPublisher publisher = application.publisher();
            assertThat(timed(publisher, topic).result().outcome()).isEqualTo(Outcome.SENT);
            outage.accept(this.kafka);
            Timed atFailure = timed(publisher, topic);
            assertThat(atFailure.result().outcome()).isEqualTo(Outcome.STORED);
            assertThat(atFailure.took()).isLessThan(Duration.ofSeconds(4));
            List<Duration> later = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Timed next = timed(publisher, topic);
                assertThat(next.result().outcome()).isEqualTo(Outcome.STORED);
                later.add(next.took());
            }
            later.sort(null);
            System.out.printf(
                    "at the failure %d ms, later p50 %.1f ms, p99 %.1f ms%n",
                    atFailure.took().toMillis(),
                    later.get(50).toNanos() / 1e6,
                    later.get(98).toNanos() / 1e6);
            assertThat(later.get(90)).isLessThan(Duration.ofMillis(50));
        } finally {
            this.kafka.start();
        }
    }

    @ParameterizedTest(name = "broker {0}")
    @MethodSource("outages")
    @DisplayName("W2: a single event to a topic that the producer has never sent to is enough to notice the outage")
    void unknownToTheProducer(Consumer<LocalKafka> outage) throws Exception {
        String topic = unique("cold");
        this.kafka.createTopic(topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("cold")))
                .start()) {
            EventPublisher publisher = application.publisher();
            Awaitility.await().until(() -> publisher.getPublisherStats().ready());
            outage.accept(this.kafka);
            Timed first = timed(publisher, topic);
            assertThat(first.result().outcome()).isEqualTo(Outcome.STORED);
            assertThat(first.took()).isLessThan(Duration.ofSeconds(4));
            application.awaitCircuit("OPEN", Duration.ofSeconds(6));
            assertThat(application.health()).isEqualTo("DEGRADED");
            assertThat(publisher.getPublisherStats().connectionState()).isEqualTo(ConnectionState.DISCONNECTED);
            Timed next = timed(publisher, topic);
            assertThat(next.result().outcome()).isEqualTo(Outcome.STORED);
            assertThat(next.took()).isLessThan(Duration.ofMillis(400));
            this.kafka.start();
            application.awaitNoneLeft(BACK);
            application.awaitCircuit("CLOSED", BACK);
        } finally {
            this.kafka.start();
        }
    }

    static Stream<Named<Consumer<LocalKafka>>> outages() {
        return Stream.of(Named.of("killed", LocalKafka::kill), Named.of("frozen", LocalKafka::freeze));
    }

    private static Timed timed(EventPublisher publisher, String topic) throws Exception {
        long start = System.nanoTime();
        PublishResult result = get(publisher.publish(topic, "k", "v"));
        return new Timed(result, Duration.ofNanos(System.nanoTime() - start));
    }

    private record Published(String value, CompletableFuture<PublishResult> future) {}

    private record Timed(PublishResult result, Duration took) {}
}
