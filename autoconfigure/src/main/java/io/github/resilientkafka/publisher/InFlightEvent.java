package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.FailedEvent;
import io.github.resilientkafka.store.StoreRequest;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * An accepted event on its way to Kafka or to the store, and the future of whoever published it. Every step is handed to
 * the {@link EventFlow}, which decides the next one.
 */
final class InFlightEvent extends TrackedSend implements GatedEvent, StoreRequest, Runnable {

    private static final @Nullable GatedEvent[] NOWHERE = {};

    private final EventFlow flow;

    private final SerializedEvent event;

    /** The event's own, without a look at the event, which was made on another processor than answers come on. */
    private final UUID eventId;

    private final long size;

    private final boolean nested;

    private final @Nullable LaneGate gate;

    private long number;

    private @Nullable GatedEvent[] places = NOWHERE;

    private int place;

    private final long acceptedNanos = System.nanoTime();

    private long deadlineNanos;

    private final CompletableFuture<PublishResult> future = new CompletableFuture<>();

    private FailureKind failureKind = FailureKind.OUTAGE;

    private @Nullable Throwable kafkaError;

    private @Nullable PublishResult result;

    private @Nullable Throwable failure;

    /**
     * Creates an event on its way.
     * @param size the bytes of the budget that it holds
     * @param nested whether it was published by a callback of another one, which may be waiting for it
     * @param gate the gate that keeps its order, or null if it has none to keep
     */
    InFlightEvent(EventFlow flow, SerializedEvent event, long size, boolean nested, @Nullable LaneGate gate) {
        this.nested = nested;
        this.gate = gate;
        this.flow = flow;
        this.event = event;
        this.eventId = event.eventId();
        this.size = size;
    }

    SerializedEvent event() {
        return this.event;
    }

    long size() {
        return this.size;
    }

    boolean isNested() {
        return this.nested;
    }

    long ageNanos() {
        return System.nanoTime() - this.acceptedNanos;
    }

    @Nullable
    LaneGate gate() {
        return this.gate;
    }

    CompletableFuture<PublishResult> future() {
        return this.future;
    }

    FailureKind failureKind() {
        return this.failureKind;
    }

    @Nullable
    Throwable kafkaError() {
        return this.kafkaError;
    }

    @Override
    protected String topic() {
        return this.event.topic();
    }

    @Override
    protected ProducerRecord<byte @Nullable [], byte @Nullable []> record() {
        return this.event.record();
    }

    @Override
    protected void acked(RecordMetadata metadata, long nowNanos) {
        this.flow.sent(this, metadata, nowNanos - this.acceptedNanos);
    }

    @Override
    protected void failed(FailureKind kind, Throwable error, int partition) {
        this.flow.notSent(this, kind, error, partition);
    }

    /**
     * Notes why Kafka did not take the event, for its row and for the error its future may fail with.
     */
    void refusedByKafka(FailureKind kind, Throwable error) {
        this.failureKind = kind;
        this.kafkaError = error;
    }

    /**
     * Returns whether the gate waits for the writer's answer.
     */
    boolean isStoredByGate() {
        return this.gate != null && this.failureKind == FailureKind.OUTAGE;
    }

    @Override
    public UUID eventId() {
        return this.eventId;
    }

    @Override
    public EventUnderWay underWay(EventUnderWay.State state) {
        String reason = (this.kafkaError != null) ? this.kafkaError.toString() : null;
        return new EventUnderWay(
                eventId(), this.event.topic(), this.event.lane(), state, Duration.ofNanos(ageNanos()), reason);
    }

    @Override
    public long number() {
        return this.number;
    }

    @Override
    public void number(long number) {
        this.number = number;
    }

    @Override
    public void takePlace(@Nullable GatedEvent[] places, int place) {
        this.places = places;
        this.place = place;
    }

    @Override
    public @Nullable GatedEvent[] places() {
        return this.places;
    }

    @Override
    public int place() {
        return this.place;
    }

    @Override
    public @Nullable Object tryAcquirePermit() {
        return this.flow.tryAcquirePermit(this);
    }

    @Override
    public void returnPermit(Object permit) {
        this.flow.returnPermit(permit);
    }

    @Override
    public boolean claimProducer() {
        return this.flow.claimProducer(this);
    }

    @Override
    public void send(Object permit) {
        this.flow.send(this, permit);
    }

    @Override
    public void store() {
        this.flow.store(this);
    }

    void startStoreTimeout(long nanos) {
        this.deadlineNanos = System.nanoTime() + nanos;
    }

    @Override
    public int lane() {
        return this.event.lane();
    }

    @Override
    public long deadlineNanos() {
        return this.deadlineNanos;
    }

    @Override
    public FailedEvent toRow() {
        return this.flow.rowOf(this.event, this.failureKind, this.kafkaError);
    }

    @Override
    public void stored() {
        this.flow.stored(this);
    }

    @Override
    public void notStored(Throwable error) {
        this.flow.lost(this, error);
    }

    /**
     * It is durable: in Kafka, if it is said where, else in the database.
     */
    void succeed(@Nullable RecordMetadata sentTo) {
        // Made by whoever has the answer at hand. Whoever completes futures would fetch it from another processor.
        this.result = (sentTo == null)
                ? new PublishResult(Outcome.STORED, this.eventId, this.event.topic(), null, null)
                : new PublishResult(
                        Outcome.SENT,
                        this.eventId,
                        sentTo.topic(),
                        sentTo.partition(),
                        sentTo.hasOffset() ? sentTo.offset() : null);
        this.flow.complete(this);
    }

    void fail(Throwable error) {
        this.failure = error;
        this.flow.complete(this);
    }

    /**
     * Completes the future, on a thread of the {@link CompletionExecutor}: here users' callbacks run.
     */
    @Override
    public void run() {
        this.flow.completed(this);
        Throwable failure = this.failure;
        if (failure != null) {
            this.future.completeExceptionally(failure);
        } else {
            this.future.complete(this.result);
        }
    }
}
