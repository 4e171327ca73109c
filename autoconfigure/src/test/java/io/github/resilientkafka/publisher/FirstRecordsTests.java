package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A producer that is a stranger to a topic of two partitions. W5.
 */
@Timeout(60)
class FirstRecordsTests {

    private static final Duration LONG = Duration.ofSeconds(30);

    private static final Node BROKER = new Node(1, "broker", 9092);

    private final MockProducer<byte[], byte[]> producer = new MockProducer<>(
            new Cluster("test", List.of(BROKER), List.of(partition(0), partition(1)), Set.of(), Set.of()),
            false,
            new RoundRobinPartitioner(),
            new ByteArraySerializer(),
            new ByteArraySerializer());

    private final PublisherCircuit circuit = mock();

    private final ProducerSession session = session(LONG, true);

    @Test
    @DisplayName("W5: the second record of a partition waits until the first is acknowledged, the third does not wait")
    void secondWaits() {
        send(0).join();
        CompletableFuture<Send> second = send(0);
        Awaitility.await().during(Duration.ofMillis(100)).until(() -> sent() == 1);
        this.producer.completeNext();
        second.join();
        send(0).join();
        assertThat(sent()).isEqualTo(3);
    }

    @Test
    @DisplayName("W5: the first record of one partition does not wait for that of another")
    void perPartition() {
        send(0).join();
        send(1).join();
        assertThat(sent()).isEqualTo(2);
        this.producer.completeNext();
        this.producer.completeNext();
        send(0).join();
        send(1).join();
        send(1).join();
        assertThat(sent()).isEqualTo(5);
    }

    @Test
    @DisplayName("W5: of those that wait, one goes first if the first was refused for itself")
    void firstRefused() {
        send(0).join();
        CompletableFuture<Send> one = send(0);
        CompletableFuture<Send> other = send(0);
        this.producer.errorNext(new RecordTooLargeException("says the test"));
        Awaitility.await().during(Duration.ofMillis(100)).until(() -> sent() == 2);
        this.producer.completeNext();
        one.join();
        other.join();
        assertThat(sent()).isEqualTo(3);
    }

    @Test
    @DisplayName("R2 W5: of those that wait, none leaves if the first one met an outage")
    void firstLost() {
        send(0).join();
        CompletableFuture<Send> second = send(0);
        Awaitility.await().during(Duration.ofMillis(100)).until(() -> !second.isDone());
        this.producer.errorNext(new TimeoutException("expired (says the test)"));
        assertThat(second.join().failure).isEqualTo(FailureKind.OUTAGE);
        assertThat(sent()).isEqualTo(1);
    }

    @Test
    @DisplayName("D1: nobody waits for longer than max.block.ms: what may not leave then is an outage of its partition")
    void noAnswer() {
        ProducerSession hasty = session(Duration.ofMillis(100), true);
        send(hasty, 0).join();
        Send refused = send(hasty, 0).join();
        assertThat(refused.failure).isEqualTo(FailureKind.OUTAGE);
        assertThat(refused.error)
                .isInstanceOf(LeaderNotAvailableException.class)
                .hasMessageContaining("orders-0");
        assertThat(refused.partition).isZero();
        send(hasty, 1).join();
        assertThat(sent()).isEqualTo(2);

        this.producer.completeNext();
        send(hasty, 0).join();
        assertThat(sent()).isEqualTo(3);
    }

    @Test
    @DisplayName("W5: where no order is kept, nobody waits")
    void noOrder() {
        ProducerSession unordered = session(LONG, false);
        send(unordered, 0).join();
        send(unordered, 0).join();
        assertThat(sent()).isEqualTo(2);
    }

    private static PartitionInfo partition(int number) {
        return new PartitionInfo("orders", number, BROKER, new Node[0], new Node[0]);
    }

    private ProducerSession session(Duration maxBlock, boolean keepsOrder) {
        return new ProducerSession(
                this.producer,
                new ServedPartitions(this.producer, true, maxBlock, (partitions, timeout) -> Map.of()),
                keepsOrder,
                () -> {});
    }

    private CompletableFuture<Send> send(int partition) {
        return send(this.session, partition);
    }

    private CompletableFuture<Send> send(ProducerSession session, int partition) {
        return CompletableFuture.supplyAsync(() -> {
            Send send = new Send(partition);
            send.bind(session);
            send.send(this.circuit, this);
            return send;
        });
    }

    private int sent() {
        return this.producer.history().size();
    }

    private static final class Send extends TrackedSend {

        private final int number;

        private int partition = RecordMetadata.UNKNOWN_PARTITION;

        private @Nullable FailureKind failure;

        private @Nullable Throwable error;

        Send(int number) {
            this.number = number;
        }

        @Override
        protected String topic() {
            return "orders";
        }

        @Override
        protected ProducerRecord<byte @Nullable [], byte @Nullable []> record() {
            return new ProducerRecord<>("orders", this.number, new byte[] {1}, new byte[0]);
        }

        @Override
        protected void acked(RecordMetadata metadata, long nowNanos) {}

        @Override
        protected void failed(FailureKind kind, Throwable error, int partition) {
            this.failure = kind;
            this.error = error;
            this.partition = partition;
        }
    }
}
