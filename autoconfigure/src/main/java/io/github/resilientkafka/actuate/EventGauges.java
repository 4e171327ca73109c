package io.github.resilientkafka.actuate;

import io.github.resilientkafka.publisher.ConnectionState;
import io.github.resilientkafka.publisher.EventPublisher;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shows the publisher's state and the counts of stored events as gauges; a count that is not known is NaN.
 */
final class EventGauges implements MeterBinder {

    private final EventPublisher publisher;

    private final @Nullable RetryFigures figures;

    EventGauges(EventPublisher publisher, @Nullable RetryFigures figures) {
        this.publisher = publisher;
        this.figures = figures;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        KafkaMeters.CIRCUIT_OPEN.gauge(registry, () -> isCircuitOpen() ? 1 : 0);
        KafkaMeters.CONNECTIONS.gauge(registry, () -> isConnected() ? 1 : 0);
        KafkaMeters.QUEUE_BYTES.gauge(
                registry, () -> this.publisher.getPublisherStats().queuedBytes());
        KafkaMeters.DIVERTED_LANES.gauge(
                registry, () -> this.publisher.getPublisherStats().divertedLanes());
        RetryFigures counts = this.figures;
        if (counts != null) {
            KafkaMeters.RETRY_PENDING.gauge(registry, counts::pending);
            KafkaMeters.DLQ_FAILED.gauge(registry, counts::deadLettersRefused);
            TimeGauge.builder(KafkaMeters.RETRY_OLDEST_AGE.getName(), counts::oldestPendingSeconds, TimeUnit.SECONDS)
                    .description(KafkaMeters.RETRY_OLDEST_AGE.description())
                    .register(registry);
        }
    }

    private boolean isCircuitOpen() {
        String state = this.publisher.getPublisherStats().circuitBreakerState();
        return state.equals("OPEN") || state.equals("FORCED_OPEN");
    }

    private boolean isConnected() {
        return this.publisher.getPublisherStats().connectionState() == ConnectionState.CONNECTED;
    }
}
