package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
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
        assertThat(refused.error).hasMessageContaining("orders-0");
        assertThat(refused.partition).isZero();
        send(hasty, 1).join();
        assertThat(sent()).isEqualTo(2);

        this.producer.completeNext();
        send(hasty, 0).join();
        assertThat(sent()).isEqualTo(3);
    }

    @Test
    @DisplayName("D1: nor does anybody wait for longer where one first record after the other is refused for itself")
    void refusedOneAfterTheOther() {
        ProducerSession hasty = session(Duration.ofMillis(200), true);
        send(hasty, 0).join();
        List<CompletableFuture<Duration>> waits =
                Stream.generate(() -> timed(hasty, 0)).limit(20).toList();
        Awaitility.await().pollInterval(Duration.ofMillis(100)).until(() -> {
            this.producer.errorNext(new RecordTooLargeException("says the test"));
            return waits.stream().allMatch(CompletableFuture::isDone);
        });
        assertThat(waits).allSatisfy(wait -> assertThat(wait.join()).isLessThan(Duration.ofSeconds(1)));
    }

    @Test
    @DisplayName("W2: a first answer that takes longer is no failure for the circuit")
    void circuitDoesNotHear() {
        ProducerSession hasty = session(Duration.ofMillis(10), true);
        send(hasty, 0).join();
        assertThat(send(hasty, 0).join().failure).isEqualTo(FailureKind.OUTAGE);
        then(this.circuit).should().release(this);
        then(this.circuit).should(never()).failed(any(), any(), any(), any(), anyLong());
    }

    @Test
    @DisplayName("W5: a partition whose first record fails opens, also if whoever is told of that throws")
    void failedThrows() {
        Send first = new Send(0) {
            @Override
            protected void failed(FailureKind kind, Throwable error, int partition) {
                throw new IllegalStateException("says the test");
            }
        };
        first.bind(this.session);
        first.send(this.circuit, this);
        assertThatIllegalStateException()
                .isThrownBy(() -> this.producer.errorNext(new RecordTooLargeException("says the test")));
        assertThat(send(0).join().failure).isNull();
        assertThat(sent()).isEqualTo(2);
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

    /**
     * In a thread of its own: twenty of them wait at once.
     */
    private CompletableFuture<Duration> timed(ProducerSession session, int partition) {
        CompletableFuture<Duration> wait = new CompletableFuture<>();
        new Thread(() -> {
                    long startNanos = System.nanoTime();
                    Send send = new Send(partition);
                    send.bind(session);
                    send.send(this.circuit, this);
                    wait.complete(Duration.ofNanos(System.nanoTime() - startNanos));
                })
                .start();
        return wait;
    }

    private int sent() {
        return this.producer.history().size();
    }

    private static class Send extends TrackedSend {

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
