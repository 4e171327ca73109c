package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Callbacks of 10,000 events in flight publish again, some of them waiting for what becomes of it. W1, W5.
 */
class NestedPublishTests {

    private static final int EVENTS = 10_000;

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("nested");

    static Stream<Named<Nesting>> nestings() {
        return Stream.of(
                Named.of("composed", (outer, nested) -> outer.thenCompose(result -> nested.get())),
                Named.of(
                        "waited for in the callback",
                        (outer, nested) ->
                                outer.thenApply(result -> nested.get().join())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nestings")
    @DisplayName("W5: callbacks of 10,000 events in flight publish again: all are sent, the producer never stalls")
    void healthy(Nesting nesting) throws Exception {
        this.kafka.createTopic(this.topic, 4);
        try (TestApplication application = application()) {
            TestApplication.get(application.publisher().publish(this.topic, "k", "warm"));
            long start = System.nanoTime();
            List<CompletableFuture<PublishResult>> all = publish(application.publisher(), nesting);
            await(all);
            report("sent", start);

            assertThat(outcomes(all)).isEqualTo(Map.of(Outcome.SENT, (long) EVENTS));
            assertThat(application.circuit()).isEqualTo("CLOSED");
            assertThat(application.rows(EventStatus.PENDING) + application.rows(EventStatus.RESOLVED))
                    .as("events that a stalled producer would have sent to the table")
                    .isZero();
            assertThat(application.publisher().getPublisherStats().queuedBytes())
                    .isZero();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nestings")
    @DisplayName("W5: the same when the broker freezes while they are in flight: all are stored")
    void outage(Nesting nesting) throws Exception {
        this.kafka.createTopic(this.topic, 4);
        try (TestApplication application = application()) {
            TestApplication.get(application.publisher().publish(this.topic, "k", "warm"));
            this.kafka.freeze();
            long start = System.nanoTime();
            List<CompletableFuture<PublishResult>> all = publish(application.publisher(), nesting);
            await(all);
            report("stored", start);

            assertThat(outcomes(all)).isEqualTo(Map.of(Outcome.STORED, (long) EVENTS));
            assertThat(application.rows(EventStatus.PENDING)).isEqualTo(2L * EVENTS);
            this.kafka.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(60));
        } finally {
            this.kafka.thaw();
        }
    }

    @Test
    @DisplayName("W5: a chain of 10,000 events, each published by the callback of the one before")
    void chain() throws Exception {
        this.kafka.createTopic(this.topic, 4);
        try (TestApplication application = application()) {
            CompletableFuture<Integer> end = new CompletableFuture<>();
            long start = System.nanoTime();
            next(application.publisher(), EVENTS, end);

            assertThat(end.get(120, TimeUnit.SECONDS)).isZero();
            report("chained", start);
        }
    }

    private void next(EventPublisher publisher, int left, CompletableFuture<Integer> end) {
        publisher.publish(this.topic, "chain", "link-" + left).whenComplete((result, error) -> {
            if (error != null) {
                end.completeExceptionally(error);
            } else if (left == 1) {
                end.complete(0);
            } else {
                next(publisher, left - 1, end);
            }
        });
    }

    private TestApplication application() {
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("nested")))
                .with("resilient-kafka.retry.interval", "1s")
                .start();
    }

    private List<CompletableFuture<PublishResult>> publish(EventPublisher publisher, Nesting nesting) {
        return IntStream.range(0, EVENTS)
                .mapToObj(i -> nesting.of(
                        publisher.publish(this.topic, "key-" + i % 500, "outer-" + i),
                        () -> publisher.publish(this.topic, "key-" + i % 500, "nested-" + i)))
                .toList();
    }

    private static void await(List<CompletableFuture<PublishResult>> futures) throws Exception {
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    }

    private static Map<Outcome, Long> outcomes(List<CompletableFuture<PublishResult>> futures) {
        return futures.stream()
                .map(future -> future.join().outcome())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    private static void report(String what, long start) {
        System.out.printf(
                "REPORT %s: 10,000 events and what their callbacks published in %d ms%n",
                what, (System.nanoTime() - start) / 1_000_000);
    }

    /** How a callback publishes again. */
    @FunctionalInterface
    interface Nesting {

        CompletableFuture<PublishResult> of(
                CompletableFuture<PublishResult> outer, Supplier<CompletableFuture<PublishResult>> nested);
    }
}
