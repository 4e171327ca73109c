package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.store.RetrySchedule;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;

/**
 * Makes rows of events that Kafka did not take. Thread-safe.
 */
final class NewRows {

    private final RetrySchedule schedule;

    private final Clock clock;

    NewRows(RetrySchedule schedule, Clock clock) {
        this.schedule = schedule;
        this.clock = clock;
    }

    FailedEvent rowOf(SerializedEvent event, FailureKind kind, Throwable kafkaError) {
        Instant now = this.clock.instant();
        return new FailedEvent(
                EventIds.next(now.toEpochMilli()),
                event.eventId(),
                event.lane(),
                event.topic(),
                event.partition(),
                event.timestamp(),
                event.key(),
                event.keyText(),
                event.value(),
                HeaderCodec.encode(Arrays.asList(event.headers())),
                event.eventType(),
                kind,
                kafkaError.getClass().getName(),
                kafkaError.getMessage(),
                Instant.ofEpochMilli(event.publishedMillis()),
                this.schedule.first(kind, now));
    }
}
