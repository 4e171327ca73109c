package io.github.resilientkafka.publisher;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.HeaderCodec;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.store.GroupCommitWriter;
import io.github.resilientkafka.store.RetrySchedule;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * An accepted event's way: to Kafka if the circuit permits, else, or if that fails, to the store. This class is the
 * place where the decision is made; it holds no event itself.
 */
final class EventFlow {

    private final PublisherCircuit circuit;

    private final ProducerSessions sessions;

    private final RefusedTopics refusedTopics;

    private final @Nullable GroupCommitWriter writer;

    private final RetrySchedule schedule;

    private final Clock clock;

    private final long storeTimeoutNanos;

    private final ByteBudget budget;

    private final CompletionExecutor completions;

    private final PublisherObserver observer;

    private final LostEvents lostEvents;

    private final StoredEvents storedEvents;

    EventFlow(
            PublisherCircuit circuit,
            ProducerSessions sessions,
            RefusedTopics refusedTopics,
            @Nullable GroupCommitWriter writer,
            RetrySchedule schedule,
            Clock clock,
            Duration storeTimeout,
            ByteBudget budget,
            CompletionExecutor completions,
            PublisherObserver observer,
            EventNotifier notifier) {
        this.circuit = circuit;
        this.sessions = sessions;
        this.refusedTopics = refusedTopics;
        this.writer = writer;
        this.schedule = schedule;
        this.clock = clock;
        this.storeTimeoutNanos = storeTimeout.toNanos();
        this.budget = budget;
        this.completions = completions;
        this.observer = observer;
        this.lostEvents = new LostEvents();
        this.storedEvents = new StoredEvents(notifier, clock);
    }

    /**
     * Starts an event, whose bytes are reserved, on its way.
     */
    void accept(InFlightEvent event) {
        String topic = event.event().topic();
        Throwable refusal = this.refusedTopics.refusalOf(topic);
        if (refusal != null) {
            notSent(event, FailureKind.TOPIC, refusal);
            return;
        }
        Object permit = this.circuit.tryAcquireForNewEvent();
        if (permit == null) {
            notSent(event, FailureKind.OUTAGE, circuitError());
            return;
        }
        ProducerSession session = this.sessions.current();
        if (session == null) {
            this.circuit.release(permit);
            notSent(event, FailureKind.OUTAGE, circuitError());
            return;
        }
        event.send(session, this.circuit, permit);
    }

    private Throwable circuitError() {
        Throwable outage = this.circuit.lastOutage();
        return (outage != null) ? outage : new KafkaAwayException(this.circuit.state());
    }

    void sent(InFlightEvent event, RecordMetadata metadata) {
        this.observer.sent(event.ageNanos());
        this.refusedTopics.forget(event.event().topic());
        event.succeed(Outcome.SENT, metadata.partition(), metadata.hasOffset() ? metadata.offset() : null);
    }

    void notSent(InFlightEvent event, FailureKind kind, Throwable error) {
        this.observer.notSent(kind, event.ageNanos());
        event.refusedByKafka(kind, error);
        if (kind == FailureKind.TOPIC) {
            this.refusedTopics.add(event.event().topic(), error);
        }
        if (this.writer != null) {
            this.writer.write(event);
        } else {
            lost(event, StoringDisabledException.INSTANCE);
        }
    }

    void stored(InFlightEvent event) {
        this.observer.stored();
        this.storedEvents.add(event);
        event.succeed(Outcome.STORED, null, null);
    }

    void lost(InFlightEvent event, Throwable storeError) {
        SerializedEvent lost = event.event();
        EventNotStoredException failure =
                new EventNotStoredException(lost.topic(), lost.eventId(), event.kafkaError(), storeError);
        this.observer.lost();
        this.lostEvents.add(failure);
        event.fail(failure);
    }

    void complete(InFlightEvent event) {
        this.completions.execute(event, event.isNested());
    }

    void completed(InFlightEvent event) {
        this.budget.release(event.size());
    }

    long storeTimeoutNanos() {
        return this.storeTimeoutNanos;
    }

    FailedEvent rowOf(SerializedEvent event, FailureKind kind, @Nullable Throwable kafkaError) {
        Instant now = this.clock.instant();
        Throwable error = (kafkaError != null) ? kafkaError : circuitError();
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
                HeaderCodec.encode(event.headers()),
                event.eventType(),
                kind,
                error.getClass().getName(),
                error.getMessage(),
                Instant.ofEpochMilli(event.publishedMillis()),
                this.schedule.first(kind, now));
    }

    long lostCount() {
        return this.lostEvents.count();
    }
}
