package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.publisher.OpenSessions;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.store.StoredEvent;
import io.github.resilientkafka.store.StoredEvents;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows of two topics with one partition each, by a producer that does not take the first record it is given, and all later ones.
 */
class RelayBatchTests {

    private static final Node BROKER = new Node(1, "broker", 9092);

    private final List<String> taken = new ArrayList<>();

    private RuntimeException refusal = new TimeoutException("Topic orders not present in metadata (says the test)");

    private boolean refused;

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(
                    new Cluster(
                            "test",
                            List.of(BROKER),
                            List.of(partition("orders"), partition("other")),
                            Set.of(),
                            Set.of()),
                    true,
                    new RoundRobinPartitioner(),
                    new ByteArraySerializer(),
                    new ByteArraySerializer()) {

                @Override
                public synchronized Future<RecordMetadata> send(
                        ProducerRecord<byte[], byte[]> record, Callback callback) {
                    if (!RelayBatchTests.this.refused) {
                        RelayBatchTests.this.refused = true;
                        throw RelayBatchTests.this.refusal;
                    }
                    RelayBatchTests.this.taken.add(record.topic());
                    return super.send(record, callback);
                }
            };

    private ProducerSession session = OpenSessions.of(this.producer);

    private PartitionHolds holds = new PartitionHolds();

    private PartitionHolds.Held heldWhenRead = PartitionHolds.Held.NOTHING;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("W1: what follows a row that could not even be handed to the producer does not overtake it, others do")
    void noneOvertakes(boolean circuitClosed) throws Exception {
        RelayBatch batch = send(circuitClosed, StoredEvents.row(1), StoredEvents.row(2), StoredEvents.row(3, "other"));

        assertThat(this.taken).containsExactly("other");
        assertThat(batch.cameToNothing()).isFalse();
        assertThat(send(circuitClosed, StoredEvents.row(1), StoredEvents.row(2)).acked())
                .hasSize(circuitClosed ? 0 : 2);
    }

    @Test
    @DisplayName("W1: nor where the producer's buffer was full")
    void noneOvertakesWhereTheBufferWasFull() throws Exception {
        this.refusal = new BufferExhaustedException("says the test");
        RelayBatch batch = send(true, StoredEvents.row(1), StoredEvents.row(2));

        assertThat(this.taken).isEmpty();
        assertThat(batch.cameToNothing()).isTrue();
        assertThat(send(true, StoredEvents.row(1), StoredEvents.row(2)).acked())
                .as("it says nothing of the partition")
                .hasSize(2);
    }

    @Test
    @DisplayName("W1: nor where the partition is not held any more before the batch has been sent")
    void noneOvertakesWhereTheHoldIsOver() throws Exception {
        this.holds = mock();
        send(true, StoredEvents.row(1), StoredEvents.row(2, "other"), StoredEvents.row(3));

        assertThat(this.taken).containsExactly("other");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("W1: rows that nothing keeps reads from are not read again at once")
    void notReadAgainAtOnce(boolean circuitClosed) throws Exception {
        RelayBatch batch = send(circuitClosed, StoredEvents.row(1), StoredEvents.row(2));

        assertThat(batch.cameToNothing()).isEqualTo(!circuitClosed);
    }

    @Test
    @DisplayName("W1: nor with a partitioner of the application's, where nobody can tell that both go to one partition")
    void noneOvertakesWithAnotherPartitioner() throws Exception {
        this.session = OpenSessions.ofOwnPartitioner(this.producer);
        this.refusal = new BufferExhaustedException("says the test");
        send(true, StoredEvents.row(1), StoredEvents.row(2, "other"), StoredEvents.row(3));

        assertThat(this.taken).containsExactly("other");
    }

    @Test
    @DisplayName("W1: nor in a later batch, while the partition is held and reads leave out the row that failed")
    void noneOvertakesInALaterBatch() throws Exception {
        this.session = OpenSessions.ofOwnPartitioner(this.producer);
        this.refused = true;
        this.holds.hold(new TopicPartition("orders", 0), StoredEvents.row(1));
        RelayBatch batch = send(true, StoredEvents.row(2), StoredEvents.row(3, "other"), StoredEvents.row(4));

        assertThat(this.taken).containsExactly("other");
        assertThat(batch.cameToNothing()).isFalse();
        assertThat(this.holds.held().rows()).as("left out of reads").containsExactlyInAnyOrder(1L, 2L, 4L);
    }

    @Test
    @DisplayName("W1: nor where the partition was held when the batch was read, and is not any more when it is sent")
    void noneOvertakesARowThatWasLeftOut() throws Exception {
        this.session = OpenSessions.ofOwnPartitioner(this.producer);
        this.refused = true;
        TopicPartition partition = new TopicPartition("orders", 0);
        this.holds.hold(partition, StoredEvents.row(1));
        this.heldWhenRead = this.holds.held();
        this.holds.release(partition);
        RelayBatch batch = send(true, StoredEvents.row(2), StoredEvents.row(3, "other"));

        assertThat(this.taken).containsExactly("other");
        assertThat(batch.cameToNothing()).isFalse();
    }

    private RelayBatch send(boolean circuitClosed, StoredEvent... rows) throws InterruptedException {
        PublisherCircuit circuit = mock();
        given(circuit.tryAcquire()).willReturn(this);
        given(circuit.isClosed()).willReturn(circuitClosed);
        RelayContext relay = mock();
        given(relay.circuit()).willReturn(circuit);
        given(relay.holds()).willReturn(this.holds);
        RelayBatch batch = new RelayBatch(List.of(rows), this.heldWhenRead);
        batch.send(
                relay,
                this.session,
                new FirstRows(this.session),
                System.nanoTime() + Duration.ofSeconds(30).toNanos());
        assertThat(batch.await(Duration.ofSeconds(10))).isTrue();
        return batch;
    }

    private static PartitionInfo partition(String topic) {
        return new PartitionInfo(topic, 0, BROKER, new Node[0], new Node[0]);
    }
}
