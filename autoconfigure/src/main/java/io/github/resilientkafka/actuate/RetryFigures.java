package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.LastAnswer.Answer;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.store.RetryStats;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The counts of stored events, for health, metrics and endpoint: at most 5 s old, and never waited for longer than a
 * moment, so that a database that stalls holds up no health call and no scrape.
 */
final class RetryFigures implements AutoCloseable {

    private static final Duration MAX_AGE = Duration.ofSeconds(5);

    private static final Duration MOMENT = Duration.ofMillis(250);

    private final LastAnswer<RetryStats> stats;

    private final Clock clock;

    RetryFigures(Supplier<FailedEventRetryService> service, Clock clock) {
        this.stats = new LastAnswer<>(
                "resilient-kafka-stats", MAX_AGE, () -> service.get().getRetryStats());
        this.clock = clock;
    }

    Answer<RetryStats> recent() {
        return this.stats.recent(MOMENT);
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
