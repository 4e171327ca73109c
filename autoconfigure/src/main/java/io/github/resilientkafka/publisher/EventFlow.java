package io.github.resilientkafka.publisher;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.store.GroupCommitWriter;
import io.github.resilientkafka.store.RetrySchedule;
import java.time.Clock;
import java.time.Duration;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * An accepted event's way: through its lane's gate to Kafka if the circuit permits, else, or if that fails, to the store.
 * This class says what each step means; which step comes when, so that order is kept, is the {@link LaneGate}'s.
 */
final class EventFlow {

    private final PublisherCircuit circuit;

    private final ProducerSessions sessions;

    private final @Nullable LaneGates gates;

    private final PartitionHolds holds;

    private final RefusedTopics refusedTopics;

    private final @Nullable GroupCommitWriter writer;

    private final NewRows rows;

    private final long storeTimeoutNanos;

    private final ByteBudget budget;

    private final CompletionExecutor completions;

    private final PublisherObserver observer;

    private final LostEvents lostEvents;

    private final StoredEvents storedEvents;

    EventFlow(
            PublisherCircuit circuit,
            ProducerSessions sessions,
            @Nullable LaneGates gates,
            PartitionHolds holds,
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
        this.gates = gates;
        this.holds = holds;
        this.refusedTopics = refusedTopics;
        this.writer = writer;
        this.rows = new NewRows(schedule, clock);
        this.storeTimeoutNanos = storeTimeout.toNanos();
        this.budget = budget;
        this.completions = completions;
        this.observer = observer;
        this.lostEvents = new LostEvents();
        this.storedEvents = new StoredEvents(notifier, clock);
    }

    /**
     * Returns the gate of a new event.
     * @return the gate, or null if there is no order to keep
     */
    @Nullable
    LaneGate gateOf(SerializedEvent event) {
        return (this.gates != null && event.key() != null) ? this.gates.of(event.lane()) : null;
    }

    /**
     * Starts an event, whose bytes are reserved, on its way.
     */
    void accept(InFlightEvent event) {
        Throwable refusal = this.refusedTopics.refusalOf(event.event().topic());
        LaneGate gate = event.gate();
        if (refusal != null) {
            notSent(event, FailureKind.TOPIC, refusal);
        } else if (gate != null) {
            gate.publish(event);
        } else {
            sendOrStore(event);
        }
    }

    private void sendOrStore(InFlightEvent event) {
        Object permit = tryAcquirePermit(event);
        if (permit != null && claimProducer(event)) {
            event.send(this.circuit, permit);
        } else {
            if (permit != null) {
                returnPermit(permit);
            }
            store(event);
        }
    }

    @Nullable
    Object tryAcquirePermit(InFlightEvent event) {
        if (!this.holds.isEmpty() && this.holds.concern(event.event().topic()) && isHeld(event)) {
            return null;
        }
        return this.circuit.tryAcquireForNewEvent();
    }

    private boolean isHeld(InFlightEvent event) {
        ProducerSession session = this.sessions.current();
        SerializedEvent record = event.event();
        TopicPartition partition =
                (session != null) ? session.partitionOf(record.topic(), record.partition(), record.key()) : null;
        if (partition == null || !this.holds.isHeld(partition)) {
            return false;
        }
        event.refusedByKafka(FailureKind.OUTAGE, PartitionHeldException.INSTANCE);
        return true;
    }

    void returnPermit(Object permit) {
        this.circuit.release(permit);
    }

    boolean claimProducer(InFlightEvent event) {
        ProducerSession session = this.sessions.current();
        if (session == null) {
            return false;
        }
        event.bind(session);
        return true;
    }

    /**
     * Sends an event that the gate lets go. Its topic may have been refused while it was parked.
     */
    void send(InFlightEvent event, Object permit) {
        Throwable refusal = this.refusedTopics.refusalOf(event.event().topic());
        if (refusal == null) {
            event.send(this.circuit, permit);
        } else {
            returnPermit(permit);
            notSent(event, FailureKind.TOPIC, refusal, RecordMetadata.UNKNOWN_PARTITION);
        }
    }

    void sent(InFlightEvent event, RecordMetadata metadata, long ageNanos) {
        this.refusedTopics.forget(metadata.topic());
        if (!this.holds.isEmpty()) {
            this.holds.release(new TopicPartition(metadata.topic(), metadata.partition()));
        }
        LaneGate gate = event.gate();
        if (gate != null) {
            gate.completed(event);
        }
        this.observer.sent(ageNanos);
        event.succeed(metadata);
    }

    /**
     * A send has failed. An outage is a matter of the whole lane; what Kafka refuses for itself goes its own way.
     */
    void notSent(InFlightEvent event, FailureKind kind, Throwable error, int partition) {
        LaneGate gate = event.gate();
        if (kind != FailureKind.OUTAGE) {
            if (gate != null) {
                gate.completed(event);
            }
            notSent(event, kind, error);
            return;
        }
        event.refusedByKafka(kind, error);
        if (partition >= 0 && !TrackedSend.isOurOwnLimit(error) && this.circuit.isClosed()) {
            this.holds.hold(new TopicPartition(event.event().topic(), partition));
        }
        if (gate != null) {
            gate.failed(event);
        } else {
            store(event);
        }
    }

    private void notSent(InFlightEvent event, FailureKind kind, Throwable error) {
        event.refusedByKafka(kind, error);
        if (kind == FailureKind.TOPIC) {
            this.refusedTopics.add(event.event().topic(), error);
        }
        store(event);
    }

    /**
     * Hands an event that was not sent to the writer. Never blocks.
     */
    void store(InFlightEvent event) {
        if (event.kafkaError() == null) {
            event.refusedByKafka(FailureKind.OUTAGE, reasonToStore());
        }
        this.observer.notSent(event.failureKind(), event.ageNanos());
        event.startStoreTimeout(this.storeTimeoutNanos);
        if (this.writer != null) {
            this.writer.write(event);
        } else {
            lost(event, StoringDisabledException.INSTANCE);
        }
    }

    private Throwable reasonToStore() {
        if (this.circuit.isClosed()) {
            return BehindStoredEventsException.INSTANCE;
        }
        Throwable outage = this.circuit.lastOutage();
        return (outage != null) ? outage : new KafkaAwayException(this.circuit.state());
    }

    void stored(InFlightEvent event) {
        written(event);
        this.observer.stored();
        this.storedEvents.add(event);
        event.succeed(null);
    }

    private static void written(InFlightEvent event) {
        LaneGate gate = event.gate();
        if (gate != null && event.isStoredByGate()) {
            gate.written(event);
        }
    }

    void lost(InFlightEvent event, Throwable storeError) {
        written(event);
        SerializedEvent lost = event.event();
        EventNotStoredException failure =
                new EventNotStoredException(lost.topic(), lost.eventId(), event.kafkaError(), storeError);
        try {
            if (!lost.isElsewhere()) {
                this.observer.lost();
                this.lostEvents.add(failure);
            }
        } finally {
            event.fail(failure);
        }
    }

    void complete(InFlightEvent event) {
        this.completions.execute(event, event.isNested());
    }

    void completed(InFlightEvent event) {
        this.budget.release(event.size());
    }

    FailedEvent rowOf(SerializedEvent event, FailureKind kind, @Nullable Throwable kafkaError) {
        return this.rows.rowOf(event, kind, (kafkaError != null) ? kafkaError : reasonToStore());
    }

    long lostCount() {
        return this.lostEvents.count();
    }
}
