package io.github.resilientkafka.actuate;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.ConnectionState;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherStats;
import io.github.resilientkafka.store.WriterStats;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A publisher in a state of the test's choice.
 */
final class StubPublisher implements EventPublisher {

    boolean storeFailures = true;

    String circuit = "CLOSED";

    ConnectionState connection = ConnectionState.CONNECTED;

    boolean healthy = true;

    long queuedBytes;

    int divertedLanes;

    String lastError;

    ConnectionError connectionError;

    WriterStats writer = new WriterStats(true, 0, 0, 0, null, List.of());

    static StubPublisher healthy() {
        return new StubPublisher();
    }

    StubPublisher circuit(String state) {
        this.circuit = state;
        return this;
    }

    StubPublisher databaseDown(String error) {
        this.writer = new WriterStats(false, 3, 0, 1, error, List.of());
        return this;
    }

    @Override
    public CompletableFuture<PublishResult> publish(String topic, Object key, Object event) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<PublishResult> publish(OutgoingEvent event) {
        throw new UnsupportedOperationException();
    }

    @Override
    public PublisherStats getPublisherStats() {
        return new PublisherStats(
                true,
                this.storeFailures,
                this.circuit,
                this.connection,
                this.healthy,
                true,
                this.queuedBytes,
                2,
                this.divertedLanes,
                1,
                this.lastError,
                this.connectionError,
                this.writer);
    }
}
