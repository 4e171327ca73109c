package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.ErrorClass;
import io.github.resilientkafka.listener.LagWatch;
import io.github.resilientkafka.listener.ListenerLag;
import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.listener.ResilientListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.BatchMessageListener;

/**
 * The meters of one listener, or of several with the same id. There may be many partitions, topics and groups: none of them
 * is a tag. What is not known of a listener, since the application's own error handler looks after it, has no meter.
 */
final class MetersOfListener {

    private final MeterRegistry registry;

    private final String id;

    private final LagWatch lagWatch;

    private final Clock clock;

    private final List<ResilientListener> listeners = new CopyOnWriteArrayList<>();

    private final Map<Counted, Counter> counters = new ConcurrentHashMap<>();

    private final Queue<Meter> registered = new ConcurrentLinkedQueue<>();

    private volatile @Nullable Timer recordTimer;

    private volatile @Nullable Timer batchTimer;

    private volatile @Nullable DistributionSummary batchSizes;

    private record Counted(KafkaMeters meter, List<String> more) {}

    MetersOfListener(MeterRegistry registry, String id, LagWatch lagWatch, Clock clock) {
        this.registry = registry;
        this.id = id;
        this.lagWatch = lagWatch;
        this.clock = clock;
    }

    void add(ResilientListener listener) {
        this.listeners.add(listener);
        gauge(KafkaMeters.LISTENER_ASSIGNED, () -> sum(each -> each.partitions().size()));
        gauge(KafkaMeters.LISTENER_LAG, () -> sum(each -> lag(each).total()));
        gauge(KafkaMeters.LISTENER_LAG_MAX, () -> most(each -> lag(each).most()));
        if (listener.pausesPartitions()) {
            addHandler(listener);
        }
    }

    /**
     * Returns the same without a listener, or null if it was the last one: then the meters are gone.
     */
    @Nullable
    MetersOfListener without(ResilientListener listener) {
        this.listeners.remove(listener);
        if (!this.listeners.isEmpty()) {
            return this;
        }
        remove();
        return null;
    }

    private void addHandler(ResilientListener listener) {
        timer(listener.container().getContainerProperties().getMessageListener() instanceof BatchMessageListener);
        for (ErrorClass errorClass : ErrorClass.values()) {
            errors(errorClass);
        }
        counter(KafkaMeters.LISTENER_DEAD_LETTERS);
        counter(KafkaMeters.LISTENER_SKIPPED);
        remember(FunctionCounter.builder(
                        KafkaMeters.LISTENER_RECORDS.getName(),
                        this,
                        meters -> meters.sum(ResilientListener::handledRecords))
                .description(KafkaMeters.LISTENER_RECORDS.description())
                .tags(KafkaMeters.LISTENER_RECORDS.tags(this.id))
                .register(this.registry));
        Stream.of(PartitionState.values())
                .filter(state -> state != PartitionState.RUNNING)
                .forEach(state -> gauge(
                        KafkaMeters.LISTENER_PAUSED,
                        () -> sum(each -> paused(each)
                                .filter(status -> status.state() == state)
                                .count()),
                        lowerCase(state)));
        remember(TimeGauge.builder(
                        KafkaMeters.LISTENER_PAUSED_AGE.getName(),
                        () -> most(this::oldestPauseSeconds),
                        TimeUnit.SECONDS)
                .description(KafkaMeters.LISTENER_PAUSED_AGE.description())
                .tags(KafkaMeters.LISTENER_PAUSED_AGE.tags(this.id))
                .register(this.registry));
    }

    void handled(int records, boolean batch, long nanos) {
        timer(batch).record(nanos, TimeUnit.NANOSECONDS);
        DistributionSummary sizes = this.batchSizes;
        if (batch && sizes != null) {
            sizes.record(records);
        }
    }

    void failed(ErrorClass errorClass) {
        errors(errorClass).increment();
    }

    void givenUp(boolean durable) {
        counter(durable ? KafkaMeters.LISTENER_DEAD_LETTERS : KafkaMeters.LISTENER_SKIPPED)
                .increment();
    }

    void restarted(String reason) {
        counter(KafkaMeters.LISTENER_RESTARTS, reason).increment();
    }

    /**
     * Takes all of them out of the registry. What comes late is counted for nobody.
     */
    void remove() {
        this.registered.forEach(this.registry::remove);
    }

    private Timer timer(boolean batch) {
        Timer known = batch ? this.batchTimer : this.recordTimer;
        return (known != null) ? known : registerTimer(batch);
    }

    private synchronized Timer registerTimer(boolean batch) {
        Timer timer = remember(Timer.builder(KafkaMeters.LISTENER_PROCESSING.getName())
                .description(KafkaMeters.LISTENER_PROCESSING.description())
                .tags(KafkaMeters.LISTENER_PROCESSING.tags(this.id, batch ? "batch" : "record"))
                .register(this.registry));
        if (batch) {
            this.batchSizes = remember(DistributionSummary.builder(KafkaMeters.LISTENER_BATCH_SIZE.getName())
                    .description(KafkaMeters.LISTENER_BATCH_SIZE.description())
                    .tags(KafkaMeters.LISTENER_BATCH_SIZE.tags(this.id))
                    .register(this.registry));
            this.batchTimer = timer;
        } else {
            this.recordTimer = timer;
        }
        return timer;
    }

    private Counter errors(ErrorClass errorClass) {
        return counter(KafkaMeters.LISTENER_ERRORS, lowerCase(errorClass));
    }

    private Counter counter(KafkaMeters meter, String... more) {
        return this.counters.computeIfAbsent(
                new Counted(meter, List.of(more)), key -> remember(meter.counter(this.registry, tags(more))));
    }

    private void gauge(KafkaMeters meter, Supplier<Number> value, String... more) {
        remember(meter.gauge(this.registry, value, tags(more)));
    }

    private String[] tags(String... more) {
        return Stream.concat(Stream.of(this.id), Stream.of(more)).toArray(String[]::new);
    }

    private <M extends Meter> M remember(M meter) {
        this.registered.add(meter);
        return meter;
    }

    private double sum(ToDoubleFunction<ResilientListener> figure) {
        return this.listeners.stream().mapToDouble(figure).sum();
    }

    private double most(ToDoubleFunction<ResilientListener> figure) {
        return this.listeners.stream().mapToDouble(figure).max().orElse(0);
    }

    private ListenerLag lag(ResilientListener listener) {
        return this.lagWatch.lag(listener);
    }

    private double oldestPauseSeconds(ResilientListener listener) {
        Instant now = this.clock.instant();
        return paused(listener)
                .mapToDouble(status -> Duration.between(status.since(), now).toMillis() / 1000.0)
                .map(seconds -> Math.max(0, seconds))
                .max()
                .orElse(0);
    }

    private static Stream<PartitionStatus> paused(ResilientListener listener) {
        return listener.partitions().stream().filter(status -> status.state() != PartitionState.RUNNING);
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
