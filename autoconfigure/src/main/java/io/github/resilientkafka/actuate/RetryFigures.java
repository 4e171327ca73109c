package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.LastAnswer.Answer;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.store.RetryStats;
import java.time.Clock;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The counts of stored events, for health, metrics and endpoint: never waited for longer than a moment, so that a database
 * that stalls holds up no health call and no scrape. At most 5 s old, or up to 70 where counting takes longer than that moment.
 */
final class RetryFigures implements AutoCloseable {

    private static final Duration MAX_AGE = Duration.ofSeconds(5);

    private static final Duration MOMENT = Duration.ofMillis(250);

    /** More than a minute, so that who asks every minute gets the answer that came too late for the time before. */
    private static final Duration GOOD_FOR = Duration.ofSeconds(70);

    private final LastAnswer<RetryStats> stats;

    private final Clock clock;

    RetryFigures(Supplier<FailedEventRetryService> service, Clock clock) {
        this(service, clock, System::nanoTime);
    }

    RetryFigures(Supplier<FailedEventRetryService> service, Clock clock, LongSupplier nanoTime) {
        this.stats = new LastAnswer<>(
                "resilient-kafka-stats", MAX_AGE, () -> service.get().getRetryStats(), nanoTime);
        this.clock = clock;
    }

    Answer<RetryStats> recent() {
        return this.stats.recent(MOMENT, GOOD_FOR);
    }

    Answer<RetryStats> fresh(Duration wait) {
        return this.stats.fresh(wait);
    }

    double pending() {
        return figure(RetryStats::pending);
    }

    double deadLettersRefused() {
        return figure(RetryStats::dlqFailed);
    }

    /**
     * Returns how long the oldest pending event has been waiting.
     * @return seconds; 0 without any
     */
    double oldestPendingSeconds() {
        return figure(present -> (present.oldestPending() == null)
                ? 0
                : Math.max(
                        0,
                        Duration.between(present.oldestPending(), this.clock.instant())
                                        .toMillis()
                                / 1000.0));
    }

    private double figure(ToDoubleFunction<RetryStats> figure) {
        @Nullable RetryStats present = recent().value();
        return (present == null) ? Double.NaN : figure.applyAsDouble(present);
    }

    @Override
    public void close() {
        this.stats.close();
    }
}
