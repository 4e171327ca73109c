package io.github.resilientkafka.publisher;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.lifecycle.EventStored;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Announces stored events: one {@link EventStored} at once, then at most one a second with the number since.
 */
final class StoredEvents {

    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final EventNotifier notifier;

    private final Clock clock;

    private final AtomicLong unannounced = new AtomicLong();

    private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());

    StoredEvents(EventNotifier notifier, Clock clock) {
        this.notifier = notifier;
        this.clock = clock;
    }

    void add(InFlightEvent event) {
        this.unannounced.incrementAndGet();
        long due = this.nextNanos.get();
        long now = System.nanoTime();
        if (now - due >= 0 && this.nextNanos.compareAndSet(due, now + INTERVAL_NANOS)) {
            this.notifier.publish(new EventStored(
                    this.clock.instant(),
                    this.unannounced.getAndSet(0),
                    event.event().topic(),
                    event.event().eventId(),
                    String.valueOf(event.kafkaError())));
        }
    }
}
