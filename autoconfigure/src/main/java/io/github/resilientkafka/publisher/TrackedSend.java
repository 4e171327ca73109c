package io.github.resilientkafka.publisher;

import io.github.resilientkafka.connection.SendErrors;
import io.github.resilientkafka.message.FailureKind;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * One record on its way through a {@link ProducerSession}: ends the circuit's permit and the session's account of it
 * exactly once, then says what became of it. Internal.
 * <p>
 * {@link #acked} and {@link #failed} are called on the producer's I/O thread, or on the sending thread when the record
 * is refused at once: they must not block, use the database or run users' code.
 */
public abstract class TrackedSend implements Callback {

    private @Nullable ProducerSession session;

    private @Nullable PublisherCircuit circuit;

    private @Nullable Object permit;

    /**
     * The thread that is handing the record to the producer, null once that is done.
     */
    private @Nullable Thread sender;

    private long startedNanos;

    /**
     * Binds the record to a producer.
     * @param session the producer that {@link #send(PublisherCircuit, Object)} will use
     */
    public final void bind(ProducerSession session) {
        this.session = session;
    }

    /**
     * Sends the record to the producer it is bound to. Blocks at most {@code max.block.ms} of the producer, never throws.
     * A record that can't even be made is a failure of its own.
     * @param circuit who gave the permit
     * @param permit the permit
     */
    public final void send(PublisherCircuit circuit, Object permit) {
        ProducerSession session = this.session;
        if (session == null) {
            throw new IllegalStateException("Not bound to a producer: " + this);
        }
        ProducerRecord<byte @Nullable [], byte @Nullable []> record;
        try {
            record = record();
        } catch (RuntimeException | Error ex) {
            circuit.release(permit);
            // An Error says nothing of the record: no memory, most likely.
            FailureKind kind = (ex instanceof Error) ? FailureKind.OUTAGE : FailureKind.RECORD;
            failed(kind, ex, RecordMetadata.UNKNOWN_PARTITION);
            return;
        }
        this.circuit = circuit;
        this.permit = permit;
        this.sender = Thread.currentThread();
        this.startedNanos = System.nanoTime();
        session.send(record, this);
        this.sender = null;
    }

    @Override
    public final void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
        ProducerSession session = this.session;
        PublisherCircuit circuit = this.circuit;
        Object permit = this.permit;
        if (session == null || circuit == null || permit == null) {
            throw new IllegalStateException("Completed twice, or never sent: " + this);
        }
        this.permit = null;
        // The producer's own thread may have sent it, too (an interceptor that publishes), but not in this very call.
        boolean wasHandedOver = this.sender != Thread.currentThread();
        long now = System.nanoTime();
        long nanos = now - this.startedNanos;
        if (exception == null && metadata != null) {
            session.acked(this, metadata.topic(), metadata.partition(), now);
            circuit.acked(permit, metadata.topic(), metadata.partition(), now, nanos);
            acked(metadata, now);
        } else {
            Throwable error = session.reasonOf(
                    (exception != null) ? exception : new IllegalStateException("No metadata and no error"));
            FailureKind kind = SendErrors.classify(error);
            int partition = (metadata != null) ? metadata.partition() : RecordMetadata.UNKNOWN_PARTITION;
            session.failed(kind, error);
            if (kind == FailureKind.OUTAGE && saysNothingNew(session, partition, error)) {
                circuit.release(permit);
            } else {
                circuit.failed(permit, topic(), kind, error, nanos);
            }
            try {
                failed(kind, error, partition);
            } finally {
                session.unsent(this, (kind == FailureKind.OUTAGE && wasHandedOver) ? error : null);
            }
        }
    }

    /**
     * A record that was not even tried, as an earlier one has no answer, says nothing at all: the circuit hears of that one.
     */
    private boolean saysNothingNew(ProducerSession session, int partition, Throwable error) {
        return error instanceof FirstRecordUnansweredException
                || (!isOurOwnLimit(error) && session.isKnownToFail(topic(), partition));
    }

    /**
     * Returns whether an error says nothing about Kafka: a full buffer is backpressure, an interrupted caller is the
     * application's business, and a producer that we have closed ourselves (an illegal state) was not refused by Kafka.
     * @param error the error
     * @return whether it is of our own making
     */
    public static boolean isOurOwnLimit(Throwable error) {
        return error instanceof BufferExhaustedException
                || error instanceof InterruptException
                || error instanceof IllegalStateException;
    }

    /**
     * Returns the record's topic.
     * @return the topic
     */
    protected abstract String topic();

    /**
     * Makes the record to send.
     * @return the record
     */
    protected abstract ProducerRecord<byte @Nullable [], byte @Nullable []> record();

    /**
     * Kafka has the record.
     * @param metadata where
     * @param nowNanos when its answer came, by {@link System#nanoTime}
     */
    protected abstract void acked(RecordMetadata metadata, long nowNanos);

    /**
     * Kafka did not take the record.
     * @param kind what that means for it
     * @param error the error
     * @param partition the partition it was meant for, or -1 if that is not known
     */
    protected abstract void failed(FailureKind kind, Throwable error, int partition);
}
