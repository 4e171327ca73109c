package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.OpenSessions;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.store.StoredEvents;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Batches for a topic of one partition, by a producer that is a stranger to it.
 */
@Timeout(60)
class FirstRowsTests {

    private static final TopicAuthorizationException REFUSAL =
            new TopicAuthorizationException("says the test", Set.of("orders"));

    private static final Node BROKER = new Node(1, "broker", 9092);

    private final MockProducer<byte[], byte[]> producer = new MockProducer<>(
            new Cluster(
                    "test",
                    List.of(BROKER),
                    List.of(new PartitionInfo("orders", 0, BROKER, new Node[0], new Node[0])),
                    Set.of(),
                    Set.of()),
            false,
            new RoundRobinPartitioner(),
            new ByteArraySerializer(),
            new ByteArraySerializer());

    private final ProducerSession session = OpenSessions.of(this.producer);

    private final FirstRows firstRows = new FirstRows(this.session);

    private final RelayContext relay = mock();

    FirstRowsTests() {
        PublisherCircuit circuit = mock();
        given(circuit.tryAcquire()).willReturn(this);
        given(circuit.isClosed()).willReturn(true);
        given(this.relay.circuit()).willReturn(circuit);
        given(this.relay.holds()).willReturn(new PartitionHolds());
    }

    @Test
    @DisplayName(
            "W1: the others of a batch follow when the first one is acknowledged, and the next batch does not wait")
    void firstAlone() {
        RelayBatch batch = batch(1, 4);
        CompletableFuture<Void> sending = send(batch);
        Awaitility.await().during(Duration.ofMillis(100)).until(() -> sent() == 1);
        this.producer.completeNext();
        sending.join();
        assertThat(sent()).isEqualTo(4);
        send(batch(5, 8)).join();
        assertThat(sent()).isEqualTo(8);
    }

    @Test
    @DisplayName("W1: where the first row is refused for itself, the second is the first")
    void secondIsFirst() {
        RelayBatch batch = batch(1, 4);
        CompletableFuture<Void> sending = send(batch);
        awaitSent(1);
        this.producer.errorNext(new RecordTooLargeException("says the test"));
        Awaitility.await().during(Duration.ofMillis(100)).until(() -> sent() == 2);
        this.producer.completeNext();
        sending.join();
        assertThat(sent()).isEqualTo(4);
        assertThat(batch.failed()).hasSize(1);
    }

    @Test
    @DisplayName(
            "W1: a topic that refuses its first row is not asked for the others of the batch, but for the next batch")
    void refusedTopic() {
        RelayBatch batch = batch(1, 4);
        CompletableFuture<Void> sending = send(batch);
        awaitSent(1);
        this.producer.errorNext(REFUSAL);
        sending.join();
        assertThat(sent()).isEqualTo(1);
        assertThat(batch.failed()).hasSize(4).allSatisfy(row -> assertThat(row.failureKind())
                .isEqualTo(FailureKind.TOPIC));

        CompletableFuture<Void> next = send(batch(1, 4));
        awaitSent(2);
        this.producer.completeNext();
        next.join();
        assertThat(sent()).isEqualTo(5);
    }

    @Test
    @DisplayName("W1: what the last row of a batch was refused is not held against the next batch")
    void refusedLast() throws Exception {
        RelayBatch alone = batch(1, 1);
        send(alone).join();
        this.producer.errorNext(REFUSAL);
        assertThat(alone.await(Duration.ofSeconds(10))).isTrue();

        RelayBatch next = batch(2, 2);
        send(next).join();
        assertThat(sent()).isEqualTo(2);
        this.producer.completeNext();
        assertThat(next.await(Duration.ofSeconds(10))).isTrue();
        assertThat(next.isClean()).isTrue();
    }

    @Test
    @DisplayName("W1: who waits for a first row's answer waits no longer than the lease, and sends nothing more")
    void noAnswer() {
        RelayBatch batch = batch(1, 4);
        CompletableFuture<Void> sending = send(batch, Duration.ofMillis(200));
        sending.join();
        assertThat(sent()).isEqualTo(1);
        this.producer.completeNext();
        assertThat(batch.acked()).hasSize(1);
        assertThat(batch.isClean()).isFalse();
    }

    private static RelayBatch batch(long first, long last) {
        return new RelayBatch(
                LongStream.rangeClosed(first, last).mapToObj(StoredEvents::row).toList(), PartitionHolds.Held.NOTHING);
    }

    private CompletableFuture<Void> send(RelayBatch batch) {
        return send(batch, Duration.ofSeconds(30));
    }

    private CompletableFuture<Void> send(RelayBatch batch, Duration within) {
        return CompletableFuture.runAsync(() -> {
            try {
                batch.send(this.relay, this.session, this.firstRows, System.nanoTime() + within.toNanos());
            } catch (InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
        });
    }

    private int sent() {
        return this.producer.history().size();
    }

    private void awaitSent(int records) {
        Awaitility.await().until(() -> sent() == records);
    }
}
