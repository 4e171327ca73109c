package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MeasuringTests {

    private static final int BYTES = 50_000_000;

    private volatile byte[] garbage = {};

    @Test
    void allocationsOfAllThreadsCount() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            Usage usage = Usage.of(1_000, () -> other.submit(() -> this.garbage = new byte[BYTES])
                    .get());

            assertThat(usage.bytesPerEvent()).isBetween(BYTES / 1_000.0, 1.2 * BYTES / 1_000);
            assertThat(usage.eventsPerSecond()).isEqualTo(1_000 / usage.seconds());
        } finally {
            other.shutdown();
        }
    }

    @Test
    void everyEventIsPublishedOnceAndAwaited() throws Exception {
        Set<Integer> published = ConcurrentHashMap.newKeySet();
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        ExecutorService broker = Executors.newSingleThreadExecutor();
        try (Callers callers = new Callers(3)) {
            callers.publish(
                    50_001,
                    event -> {
                        most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                        return CompletableFuture.supplyAsync(
                                () -> {
                                    inFlight.decrementAndGet();
                                    return published.add(event);
                                },
                                broker);
                    },
                    isNew -> isNew);

            assertThat(published).hasSize(50_001);
            assertThat(inFlight).hasValue(0);
            assertThat(most).hasValueLessThanOrEqualTo(8_192);
        } finally {
            broker.shutdown();
            broker.awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void anotherResultThanExpectedFailsTheBenchmark() throws Exception {
        try (Callers callers = new Callers(2)) {
            assertThatThrownBy(() -> callers.publish(
                            10,
                            event -> CompletableFuture.completedFuture(event == 7 ? "STORED" : "SENT"),
                            "SENT"::equals))
                    .hasRootCauseMessage("Not what is to be measured: STORED");
        }
    }
}
