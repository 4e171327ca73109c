package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.store.GroupCommitWriter;
import io.github.resilientkafka.store.WriterStats;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.context.SmartLifecycle;

/**
 * The publisher: validates, serialises, reserves the event's bytes and hands it to the {@link EventFlow}.
 * <p>
 * Works from the moment the bean is created until the context has stopped everything that may publish: it is among the
 * last to stop. Can be started again.
 */
final class ResilientEventPublisher
        implements EventPublisher, RawPublisher, SmartLifecycle, InitializingBean, DisposableBean {

    /**
     * Stops after everything of the application's, before the writer.
     */
    static final int PHASE = Integer.MIN_VALUE + 2_000;

    private static final Logger logger = LoggerFactory.getLogger(ResilientEventPublisher.class);

    private static final Duration FLUSH = Duration.ofSeconds(10);

    private static final long CALLBACKS_MILLIS = 5_000;

    private final PublisherProperties properties;

    private final EventSerializer serializer;

    private final ByteBudget budget;

    private final PublisherCircuit circuit;

    private final ProducerSessions sessions;

    private final @Nullable LaneGates gates;

    private final KafkaWatch watch;

    private final @Nullable GroupCommitWriter writer;

    private final CompletionExecutor completions;

    private final EventFlow flow;

    private final PublisherObserver observer;

    private volatile boolean running;

    private boolean destroyed;

    ResilientEventPublisher(
            PublisherProperties properties,
            EventSerializer serializer,
            ByteBudget budget,
            PublisherCircuit circuit,
            ProducerSessions sessions,
            @Nullable LaneGates gates,
            KafkaWatch watch,
            @Nullable GroupCommitWriter writer,
            CompletionExecutor completions,
            EventFlow flow,
            PublisherObserver observer) {
        this.properties = properties;
        this.serializer = serializer;
        this.budget = budget;
        this.circuit = circuit;
        this.sessions = sessions;
        this.gates = gates;
        this.watch = watch;
        this.writer = writer;
        this.completions = completions;
        this.flow = flow;
        this.observer = observer;
    }

    @Override
    public CompletableFuture<PublishResult> publish(String topic, Object key, @Nullable Object event) {
        return publish(OutgoingEvent.of(topic, key, event));
    }

    @Override
    public CompletableFuture<PublishResult> publish(OutgoingEvent outgoing) {
        if (!this.running) {
            throw new PublisherClosedException();
        }
        CompletableFuture<PublishResult> future = accept(serialize(outgoing));
        return this.properties.async() ? future : completed(future);
    }

    @Override
    public CompletableFuture<PublishResult> publishRaw(
            ProducerRecord<byte @Nullable [], byte @Nullable []> record, UUID eventId, String eventType) {
        if (!this.running) {
            throw new PublisherClosedException();
        }
        return accept(this.serializer.raw(record, eventId, eventType));
    }

    private CompletableFuture<PublishResult> accept(SerializedEvent serialized) {
        long size = serialized.size();
        if (!this.budget.tryReserve(size)) {
            this.observer.queueFull();
            return CompletableFuture.failedFuture(
                    new PublishQueueFullException(size, this.budget.bytes(), this.budget.maxBytes()));
        }
        if (!this.running) {
            // Closed meanwhile. Had it not been, the close would wait for the bytes that are reserved by now.
            this.budget.release(size);
            throw new PublisherClosedException();
        }
        InFlightEvent event = new InFlightEvent(
                this.flow, serialized, size, this.completions.isOwnThread(), this.flow.gateOf(serialized));
        this.flow.accept(event);
        return event.future();
    }

    private SerializedEvent serialize(OutgoingEvent outgoing) {
        try {
            return this.serializer.serialize(outgoing);
        } catch (EventSerializationException ex) {
            this.observer.notSerialized();
            throw ex;
        }
    }

    private static CompletableFuture<PublishResult> completed(CompletableFuture<PublishResult> future) {
        try {
            future.join();
            return future;
        } catch (CompletionException ex) {
            if (ex.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw ex;
        }
    }

    @Override
    public PublisherStats getPublisherStats() {
        WriterStats writerStats = (this.writer != null) ? this.writer.stats() : null;
        boolean storeWorks = writerStats != null && writerStats.available();
        Throwable outage = this.circuit.lastOutage();
        String lastError = (outage != null) ? outage.toString() : this.watch.lastError();
        return new PublisherStats(
                this.properties.async(),
                this.writer != null,
                this.circuit.state().name(),
                this.watch.state(),
                this.running && (this.circuit.isClosed() || storeWorks),
                this.running && this.watch.answeredOnce(),
                this.budget.bytes(),
                this.budget.events(),
                (this.gates != null) ? this.gates.diverted() : 0,
                this.flow.lostCount(),
                lastError,
                this.watch.connectionError(),
                writerStats);
    }

    @Override
    public void afterPropertiesSet() {
        start();
    }

    @Override
    public synchronized void start() {
        if (!this.running && !this.destroyed) {
            // First, as it throws when the producer's settings are wrong: then nothing else may be left running.
            this.sessions.start();
            if (this.writer != null) {
                this.writer.watchWhile(() -> !this.circuit.isClosed());
                this.writer.start();
            }
            this.completions.start();
            if (this.gates != null) {
                // Like the completions of events that callbacks wait for: ahead of other callbacks.
                this.gates.start(task -> this.completions.execute(task, true));
            }
            this.watch.start();
            this.running = true;
        }
    }

    /**
     * Refuses new events, then makes everything accepted durable: in Kafka while the circuit is closed, else in the
     * database.
     */
    @Override
    public synchronized void stop() {
        if (this.running) {
            this.running = false;
            this.watch.stop();
            if (this.gates != null) {
                this.gates.stop();
            }
            this.sessions.stop(this.circuit.isClosed() ? FLUSH : Duration.ZERO);
            awaitDurable();
            if (this.writer != null) {
                this.writer.stop(FLUSH);
            }
            this.completions.stop(CALLBACKS_MILLIS);
        }
    }

    /**
     * Waits until no event is under way: also those of callers that were inside {@link #publish} when it closed.
     */
    private void awaitDurable() {
        long deadline =
                System.nanoTime() + this.properties.timeout().plus(FLUSH).toNanos();
        try {
            while (this.budget.events() > 0 && System.nanoTime() - deadline < 0) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
        if (this.budget.events() > 0) {
            logger.error("{} events are not durable yet, and the application stops", this.budget.events());
        }
    }

    @Override
    public synchronized void destroy() {
        stop();
        if (!this.destroyed) {
            this.destroyed = true;
            this.serializer.close();
        }
    }

    @Override
    public boolean isRunning() {
        return this.running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
