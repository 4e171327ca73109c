package io.github.resilientkafka.actuate;

import io.github.resilientkafka.delivery.DeliveryObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Counts what becomes of stored events and of dead letters. Knows no relay: the relay knows it.
 */
final class DeliveryMeters implements DeliveryObserver {

    private final Counter succeeded;

    private final Counter failed;

    private final Counter deadLettered;

    private final Counter replayed;

    private final Counter parked;

    DeliveryMeters(MeterRegistry registry) {
        this.succeeded = KafkaMeters.RETRY_SUCCESS.counter(registry);
        this.failed = KafkaMeters.RETRY_FAILED.counter(registry);
        this.deadLettered = KafkaMeters.DLQ_SENT.counter(registry);
        this.replayed = KafkaMeters.DLQ_REPLAYED.counter(registry);
        this.parked = KafkaMeters.DLQ_PARKED.counter(registry);
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

    @Override
    public void replayed(int records) {
        this.replayed.increment(records);
    }

    @Override
    public void parked(int records) {
        this.parked.increment(records);
    }
}
