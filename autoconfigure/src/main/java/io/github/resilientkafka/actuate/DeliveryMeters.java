package io.github.resilientkafka.actuate;

import io.github.resilientkafka.delivery.DeliveryObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts what becomes of stored events. Knows no relay: the relay knows it.
 */
final class DeliveryMeters implements DeliveryObserver {

    private final Counter succeeded;

    private final Counter failed;

    private final Counter deadLettered;

    DeliveryMeters(MeterRegistry registry) {
        this.succeeded = KafkaMeters.RETRY_SUCCESS.counter(registry);
        this.failed = KafkaMeters.RETRY_FAILED.counter(registry);
        this.deadLettered = KafkaMeters.DLQ_SENT.counter(registry);
    }

    @Override
    public void retrySucceeded(int events) {
        this.succeeded.increment(events);
    }

    @Override
    public void retryFailed(int events) {
        this.failed.increment(events);
    }

    @Override
    public void deadLettered(int events) {
        this.deadLettered.increment(events);
    }
}
