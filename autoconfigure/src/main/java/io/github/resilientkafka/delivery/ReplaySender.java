package io.github.resilientkafka.delivery;

import io.github.resilientkafka.connection.SendErrors;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.EventNotStoredException;
import io.github.resilientkafka.publisher.PublishQueueFullException;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.PublisherClosedException;
import io.github.resilientkafka.publisher.RawPublisher;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the records of a chunk in their order, through the publisher, and waits until it is known what became of
 * each. Used by the thread of one replay.
 */
final class ReplaySender {

    private static final Duration QUEUE_FULL_PAUSE = Duration.ofMillis(20);

    private static final Duration QUEUE_FULL_PATIENCE = Duration.ofSeconds(30);

    private static final long LOOK_UP_MILLIS = 100;

    /**
     * How long the records in flight are still waited for once the replay was told to stop.
     */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    private final RawPublisher publisher;

    private final PublisherCircuit circuit;

    private final Clock clock;

    private final Replay replay;

    /**
     * A record on its way.
     */
    static final class Send {

        private final TopicDeadLetter letter;

        private final ProducerRecord<byte @Nullable [], byte @Nullable []> record;

        private @Nullable CompletableFuture<PublishResult> future;

        private @Nullable Throwable failure;

        private boolean durable;

        Send(TopicDeadLetter letter, ProducerRecord<byte @Nullable [], byte @Nullable []> record) {
            this.letter = letter;
            this.record = record;
        }

        TopicDeadLetter letter() {
            return this.letter;
        }

        String topic() {
            return this.record.topic();
        }

        boolean isDurable() {
            return this.durable;
        }

        /**
         * Returns why Kafka does not take the record, where nothing is stored.
         */
        Throwable refusal() {
            Throwable error = this.failure;
            Throwable kafkaError = (error instanceof EventNotStoredException ex) ? ex.kafkaError() : null;
            if (kafkaError != null) {
                return kafkaError;
            }
            return (error != null) ? error : new KafkaAwayException("The circuit is not closed");
        }

        /**
         * Returns what the failure means: an outage also where nothing is known of it.
         */
        FailureKind failureKind() {
            return (this.failure instanceof EventNotStoredException ex && ex.kafkaError() != null)
                    ? SendErrors.classify(ex.kafkaError())
                    : FailureKind.OUTAGE;
        }
    }

    /**
     * Records cannot be sent now; waiting may help.
     */
    static final class KafkaAwayException extends RuntimeException {

        KafkaAwayException(String message) {
            super(message);
        }
    }

    ReplaySender(RawPublisher publisher, PublisherCircuit circuit, Clock clock, Replay replay) {
        this.publisher = publisher;
        this.circuit = circuit;
        this.clock = clock;
        this.replay = replay;
    }

    /**
     * Sends.
     * @return false if the replay was told to stop before everything was known
     */
    boolean send(List<Send> sends) throws InterruptedException {
        List<Send> inFlight = new ArrayList<>();
        for (Send send : sends) {
            // What cannot be sent need not be stored, or lost: it is in its dead-letter topic.
            if (this.replay.isStopped() || this.circuit.isOpen() || !publish(send)) {
                break;
            }
            inFlight.add(send);
            if (!this.circuit.isClosed() && !await(send)) {
                return false;
            }
        }
        for (Send send : inFlight) {
            if (!await(send)) {
                return false;
            }
        }
        return inFlight.size() == sends.size() || !this.replay.isStopped();
    }

    private boolean publish(Send send) throws InterruptedException {
        UUID known = send.letter.eventId();
        UUID id = (known != null) ? known : EventIds.next(this.clock.millis());
        long deadline = System.nanoTime() + QUEUE_FULL_PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            CompletableFuture<PublishResult> future;
            try {
                future = this.publisher.publishRaw(send.record, id, send.letter.eventType());
            } catch (PublisherClosedException ex) {
                this.replay.cancel();
                return false;
            }
            if (!isQueueFull(future)) {
                send.future = future;
                return true;
            }
            if (this.replay.awaitStop(QUEUE_FULL_PAUSE)) {
                return false;
            }
        }
        send.failure = new KafkaAwayException("The publisher's queue is full");
        return false;
    }

    private static boolean isQueueFull(CompletableFuture<PublishResult> future) {
        return future.isCompletedExceptionally() && failureOf(future) instanceof PublishQueueFullException;
    }

    private static @Nullable Throwable failureOf(CompletableFuture<PublishResult> future) {
        return future.handle((result, failure) -> failure).getNow(null);
    }

    /**
     * @return false if it was not known in time after the replay was told to stop
     */
    private boolean await(Send send) throws InterruptedException {
        CompletableFuture<PublishResult> future = send.future;
        long patience = STOP_PATIENCE.toMillis() / LOOK_UP_MILLIS;
        while (future != null) {
            try {
                future.get(LOOK_UP_MILLIS, TimeUnit.MILLISECONDS);
                send.durable = true;
                return true;
            } catch (ExecutionException ex) {
                send.failure = ex.getCause();
                return true;
            } catch (TimeoutException ex) {
                if (this.replay.isStopped() && --patience <= 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
