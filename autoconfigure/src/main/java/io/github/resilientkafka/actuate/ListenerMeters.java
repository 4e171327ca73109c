package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.ErrorClass;
import io.github.resilientkafka.listener.LagWatch;
import io.github.resilientkafka.listener.ListenerObserver;
import io.github.resilientkafka.listener.ResilientListener;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts what listeners do, and shows how they stand, from when each is known until the application ends.
 */
final class ListenerMeters implements ListenerObserver, AutoCloseable {

    private final MeterRegistry registry;

    private final LagWatch lagWatch;

    private final Clock clock;

    private final Map<String, MetersOfListener> listeners = new ConcurrentHashMap<>();

    ListenerMeters(MeterRegistry registry, LagWatch lagWatch, Clock clock) {
        this.registry = registry;
        this.lagWatch = lagWatch;
        this.clock = clock;
    }

    @Override
    public void added(ResilientListener listener) {
        this.lagWatch.watch(listener);
        of(listener.id()).add(listener);
    }

    @Override
    public void removed(ResilientListener listener) {
        this.lagWatch.forget(listener);
        this.listeners.computeIfPresent(listener.id(), (id, meters) -> meters.without(listener));
    }

    @Override
    public void handled(String listener, int records, boolean batch, long nanos) {
        of(listener).handled(records, batch, nanos);
    }

    @Override
    public void failed(String listener, ErrorClass errorClass) {
        of(listener).failed(errorClass);
    }

    @Override
    public void givenUp(String listener, boolean durable) {
        of(listener).givenUp(durable);
    }

    @Override
    public void restarted(String listener, String reason) {
        of(listener).restarted(reason);
    }

    private MetersOfListener of(String id) {
        MetersOfListener known = this.listeners.get(id);
        return (known != null)
                ? known
                : this.listeners.computeIfAbsent(
                        id, key -> new MetersOfListener(this.registry, key, this.lagWatch, this.clock));
    }

    @Override
    public void close() {
        this.listeners.values().forEach(MetersOfListener::remove);
    }
}
