package io.github.resilientkafka.actuate;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.PublisherObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;

/**
 * Counts what becomes of published events, and shows the metrics of our producers. Knows no publisher: the publisher knows it.
 */
final class PublisherMeters implements PublisherObserver, AutoCloseable {

    private final Counter success;

    private final Counter error;

    private final Timer latency;

    private final Map<FailureKind, Counter> errors = new EnumMap<>(FailureKind.class);

    private final Counter serializationErrors;

    private final Counter queueFullErrors;

    private final Counter stored;

    private final Counter lost;

    private final Map<ConnectionError.Kind, Counter> connectionErrors = new EnumMap<>(ConnectionError.Kind.class);

    private final Counter producerFailures;

    private final ProducerMeters producers;

    PublisherMeters(MeterRegistry registry) {
        this.success = KafkaMeters.PUBLISHED.counter(registry, "success");
        this.error = KafkaMeters.PUBLISHED.counter(registry, "error");
        this.latency = Timer.builder(KafkaMeters.LATENCY.getName())
                .description(KafkaMeters.LATENCY.description())
                .publishPercentileHistogram()
                .register(registry);
        for (FailureKind kind : FailureKind.values()) {
            this.errors.put(
                    kind, KafkaMeters.ERRORS.counter(registry, kind.name().toLowerCase(Locale.ROOT)));
        }
        this.serializationErrors = KafkaMeters.ERRORS.counter(registry, "serialization");
        this.queueFullErrors = KafkaMeters.ERRORS.counter(registry, "queue_full");
        this.stored = KafkaMeters.STORED.counter(registry);
        this.lost = KafkaMeters.LOST.counter(registry);
        for (ConnectionError.Kind kind : ConnectionError.Kind.values()) {
            this.connectionErrors.put(
                    kind,
                    KafkaMeters.CONNECTION_ERRORS.counter(registry, kind.name().toLowerCase(Locale.ROOT)));
        }
        this.producerFailures = KafkaMeters.PRODUCER_FAILURES.counter(registry);
        this.producers = new ProducerMeters(registry);
    }

    @Override
    public void sent(long nanos) {
        this.success.increment();
        this.latency.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void notSent(FailureKind kind, long nanos) {
        this.error.increment();
        Counter counter = this.errors.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }

    @Override
    public void stored() {
        this.stored.increment();
    }

    @Override
    public void lost() {
        this.lost.increment();
    }

    @Override
    public void notSerialized() {
        this.serializationErrors.increment();
    }

    @Override
    public void queueFull() {
        this.queueFullErrors.increment();
    }

    @Override
    public void producerFailed() {
        this.producerFailures.increment();
    }

    @Override
    public void connectionFailed(ConnectionError.Kind kind) {
        Counter counter = this.connectionErrors.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }

    @Override
    public void producerCreated(String role, Producer<?, ?> producer) {
        this.producers.bind(role, producer);
    }

    @Override
    public void producerClosed(Producer<?, ?> producer) {
        this.producers.unbind(producer);
    }

    @Override
    public void close() {
        this.producers.close();
    }
}
