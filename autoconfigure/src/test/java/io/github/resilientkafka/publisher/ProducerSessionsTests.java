package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilientkafka.BrokenLog;
import io.github.resilientkafka.message.FailureKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * When a producer is given up, and what is told to whom first, as far as Kafka's client need not be real for it.
 */
class ProducerSessionsTests {

    private final CircuitBreaker breaker = CircuitBreaker.of(PublisherCircuit.NAME, CircuitDefaults.config());

    private final PublisherCircuit circuit = new PublisherCircuit(this.breaker);

    private final List<Producer> producers = new CopyOnWriteArrayList<>();

    private boolean served = true;

    @Nullable
    private ProducerSessions sessions;

    @AfterEach
    void stop() {
        if (this.sessions != null) {
            this.sessions.stop(Duration.ZERO);
        }
    }

    @Test
    @DisplayName("R2: the first record that fails on its way ends its producer, inside the callback")
    void aLostRecordEndsItsProducer() throws InterruptedException {
        AtomicInteger told = new AtomicInteger();
        start(error -> false, told::incrementAndGet);
        send();
        answer(() -> producer(0).completeNext());
        send();
        Send behind = send();
        answer(() -> producer(0).errorNext(new TimeoutException("expired (says the test)")));
        assertThat(producer(0).closed()).isTrue();
        assertThat(told).hasValue(1);
        assertThat(this.sessions.current()).isNull();
        assertThat(behind.outcomes).isEmpty();
        Awaitility.await().until(() -> this.sessions.current() != null);
        assertThat(this.producers).hasSize(2);
    }

    @Test
    @DisplayName("R2: a record that could not even be handed over, or is refused for itself, ends nothing")
    void otherFailuresEndNothing() throws InterruptedException {
        start(error -> false, () -> {});
        producer(0).refuse = new BufferExhaustedException("full (says the test)");
        assertThat(send().outcomes).containsExactly("failed");
        producer(0).refuse = null;
        send();
        answer(() -> producer(0).errorNext(new RecordTooLargeException("says the test")));
        assertThat(this.sessions.current()).isNotNull();
        assertThat(producer(0).closed()).isFalse();
    }

    @Test
    @DisplayName("R2: the callback of a lost record closes the producer, also if another thread is just about to")
    void aLostRecordDoesNotRelyOnOthersToClose() throws InterruptedException {
        CountDownLatch aboutToClose = new CountDownLatch(1);
        CountDownLatch mayClose = new CountDownLatch(1);
        Producer producer = new Producer() {
            @Override
            public void close(Duration timeout) {
                if (Thread.currentThread().getName().equals("giving up")) {
                    aboutToClose.countDown();
                    await(mayClose);
                }
                super.close(timeout);
            }
        };
        ProducerSession session = OpenSessions.of(producer);
        Throwable reason = new IllegalStateException("says the test");
        Thread givingUp = new Thread(() -> session.abandon(reason), "giving up");
        givingUp.start();
        aboutToClose.await();
        // What fails because the producer is closed does not close it: its interceptors are still to be told of the
        // others.
        answer(() -> session.recordLost(session.reasonOf(new KafkaException("Producer is closed forcefully."))));
        assertThat(producer.closed()).isFalse();
        answer(() -> session.recordLost(new TimeoutException("expired (says the test)")));
        assertThat(producer.closed()).isTrue();
        mayClose.countDown();
        givingUp.join();
    }

    @Test
    @DisplayName("R3: there is no successor before everybody has been told, also if two threads end the producer")
    void noSuccessorBeforeAllAreTold() throws InterruptedException {
        this.breaker.transitionToDisabledState();
        CountDownLatch telling = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        List<Integer> producersWhenTold = new CopyOnWriteArrayList<>();
        start(error -> true, () -> {
            telling.countDown();
            await(told);
            producersWhenTold.add(this.producers.size());
        });
        ProducerSession session = send().session;
        Thread io = new Thread(() -> producer(0).errorNext(new TimeoutException("expired (says the test)")));
        io.start();
        telling.await();
        Thread other = new Thread(() -> this.sessions.abandon(session, new IllegalStateException("says the test")));
        other.start();
        // Until everybody is told the second thread is held up, and with it whoever might make a successor.
        Awaitility.await()
                .until(() -> other.getState() == Thread.State.BLOCKED || other.getState() == Thread.State.TERMINATED);
        assertThat(other.getState()).isEqualTo(Thread.State.BLOCKED);
        told.countDown();
        io.join();
        other.join();
        Awaitility.await().until(() -> this.sessions.current() != null);
        assertThat(producersWhenTold).containsExactly(1);
    }

    @Test
    @DisplayName("P6: an Error while a failed check is logged does not end the checks: a stall is still noticed")
    void anErrorWhileAFailedCheckIsLogged() {
        AtomicInteger checks = new AtomicInteger();
        try (BrokenLog log = new BrokenLog(ProducerSessions.class.getName())) {
            start(
                    error -> {
                        if (checks.incrementAndGet() == 1) {
                            log.breakNext();
                            throw new InternalError("says the test");
                        }
                        return true;
                    },
                    () -> {});
            send();
            Awaitility.await().until(this.circuit::isOpen);
            assertThat(log.hasBroken()).isTrue();
        }
        assertThat(producer(0).closed()).isTrue();
    }

    @Test
    @DisplayName("P6: a stalled producer that the policy keeps may still answer, and then events are sent again")
    void aStalledProducerThatThePolicyKeepsMayAnswer() {
        start(error -> false, () -> {});
        Send stalled = send();
        Awaitility.await().until(this.circuit::isOpen);
        producer(0).completeNext();
        assertThat(stalled.outcomes).containsExactly("acked");
        // More than once, as the probe does: a check that began before the answer may open the circuit behind it.
        Awaitility.await().until(() -> {
            this.circuit.halfOpen();
            return !this.circuit.isOpen() && send().session != null;
        });
    }

    @Test
    @DisplayName("H11: a producer that cannot close properly does not keep the rest from stopping")
    void aProducerThatCannotClose() {
        start(error -> false, () -> {});
        producer(0).failsToClose = true;
        assertThatCode(() -> this.sessions.stop(Duration.ofSeconds(1))).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("An Error of a send ends the send: nobody waits for its answer for ever")
    void anErrorOfASendEndsIt() {
        start(error -> false, () -> {});
        producer(0).breaksWith = new OutOfMemoryError("says the test");
        assertThat(send().outcomes).containsExactly("failed");
    }

    @Test
    @DisplayName("P4: a standstill of this process excuses the silence there was, not the one to come")
    void aStandstillExcusesNoLaterSilence() {
        start(error -> false, () -> {});
        ProducerSession session = send().session;
        session.excuse(Duration.ofHours(1).toNanos());
        assertThat(session.outstanding()).isEqualTo(1);
        assertThat(session.silentNanos()).isNotNegative();
    }

    @Test
    @DisplayName("W2: of the records that one partition does not take only the first counts, until it takes one")
    void aPartitionCountsOnce() {
        ProducerSession session = OpenSessions.of(new Producer());
        assertThat(session.isKnownToFail("orders", 0)).isFalse();
        assertThat(session.isKnownToFail("orders", 0)).isTrue();
        assertThat(session.isKnownToFail("orders", 1)).isFalse();
        session.acked(new Send(), "orders", 0, System.nanoTime());
        assertThat(session.isKnownToFail("orders", 0)).isFalse();
        assertThat(session.isKnownToFail("orders", -1)).isFalse();
        assertThat(session.isKnownToFail("orders", -1)).isFalse();
    }

    @Test
    @DisplayName("A full buffer of ours says nothing about the partition")
    void aFullBufferIsNotAFailingPartition() {
        start(error -> false, () -> {});
        producer(0).refuse = new BufferExhaustedException("full (says the test)");
        ProducerSession session = send().session;
        assertThat(session.isKnownToFail("orders", 0)).isFalse();
    }

    @Test
    @DisplayName("R2: what was sent on the producer's own thread (by an interceptor) was on its way all the same")
    void sentOnTheProducersThread() throws InterruptedException {
        start(error -> false, () -> {});
        Producer producer = producer(0);
        answer(() -> {
            send();
            producer.errorNext(new TimeoutException("expired (says the test)"));
        });
        assertThat(producer.closed()).isTrue();
    }

    @Test
    @DisplayName("R2: what could not even be handed over ends no producer, whoever sent it")
    void notHandedOver() {
        start(error -> false, () -> {});
        producer(0).refuse = new TimeoutException("no metadata (says the test)");
        assertThat(send().outcomes).containsExactly("failed");
        assertThat(producer(0).closed()).isFalse();
    }

    @Test
    @DisplayName(
            "P4: what no leader serves is not sent; it is an outage of its partition, once for a topic, and ends no producer")
    void noLeaderServes() {
        this.served = false;
        start(error -> false, () -> {});
        Send first = send();
        Send second = send();
        assertThat(first.outcomes).containsExactly("failed");
        assertThat(second.outcomes).containsExactly("failed");
        assertThat(first.failedPartition).isZero();
        assertThat(producer(0).history()).isEmpty();
        assertThat(this.breaker.getMetrics().getNumberOfFailedCalls()).isEqualTo(1);
        ProducerSession session = this.sessions.current();
        assertThat(session).isNotNull();
        assertThat(session.outstanding()).isZero();
    }

    @Test
    @DisplayName("P4: where no order is kept, it is sent all the same: Kafka's client waits for a leader, too")
    void noLeaderServesAndNoOrderIsKept() {
        Producer producer = new Producer();
        ProducerSession session = new ProducerSession(producer, servedByNobody(producer), false, () -> {});
        Send send = new Send();
        send.bind(session);
        send.send(this.circuit, this.circuit.tryAcquire());
        assertThat(producer.history()).hasSize(1);
    }

    private static ServedPartitions servedByNobody(Producer producer) {
        return new ServedPartitions(
                producer,
                true,
                Duration.ZERO,
                (partitions, timeout) -> Map.of(new TopicPartition("orders", 0), new KafkaFutureImpl<>()));
    }

    @Test
    @DisplayName(
            "W5: the partition of a key is known before it is sent, unless a partitioner of the application's decides")
    void partitionOfAKey() {
        byte[] key = {1, 2, 3};
        int expected = BuiltInPartitioner.partitionForKey(key, 7);
        assertThat(session(true).partitionOf("orders", null, key)).isEqualTo(new TopicPartition("orders", expected));
        assertThat(session(true).partitionOf("orders", 3, key)).isEqualTo(new TopicPartition("orders", 3));
        assertThat(session(true).partitionOf("orders", null, null)).isNull();
        assertThat(session(false).partitionOf("orders", null, key)).isNull();
        assertThat(session(false).partitionOf("orders", 3, key)).isEqualTo(new TopicPartition("orders", 3));
    }

    private static ProducerSession session(boolean keysTellPartitions) {
        Producer producer = new Producer() {
            @Override
            public List<PartitionInfo> partitionsFor(String topic) {
                return Collections.nCopies(7, new PartitionInfo(topic, 0, null, null, null));
            }
        };
        return new ProducerSession(
                producer, OpenSessions.servedPartitions(producer, keysTellPartitions), true, () -> {});
    }

    @ParameterizedTest
    @CsvSource({
        "linger.ms, 5, true",
        "partitioner.ignore.keys, false, true",
        "partitioner.ignore.keys, true, false",
        "partitioner.class, org.apache.kafka.clients.producer.RoundRobinPartitioner, false"
    })
    @DisplayName("W5: whether keys tell partitions is a matter of the producer's settings, ours and the relay's")
    void whetherKeysTellPartitions(String name, String value, boolean expected) {
        ProducerSettings settings =
                ProducerSettings.of(Map.of("bootstrap.servers", "127.0.0.1:1"), Map.of(name, value), 1);
        assertThat(settings.keysTellPartitions()).isEqualTo(expected);
        assertThat(settings.forRelay(Duration.ofSeconds(30)).keysTellPartitions())
                .isEqualTo(expected);
    }

    private void start(ProducerRecreationPolicy policy, Runnable beforeEnd) {
        this.sessions = new ProducerSessions(
                "publisher",
                () -> {
                    Producer producer = new Producer();
                    this.producers.add(producer);
                    return producer;
                },
                producer -> this.served
                        ? OpenSessions.servedPartitions(producer, true)
                        : servedByNobody((Producer) producer),
                this.circuit,
                policy,
                Duration.ofMillis(300),
                true,
                beforeEnd,
                this.circuit::open,
                PublisherObserver.NONE);
        this.sessions.start();
    }

    private Producer producer(int number) {
        return this.producers.get(number);
    }

    private Send send() {
        Send send = new Send();
        ProducerSession session = this.sessions.current();
        if (session != null) {
            send.session = session;
            send.bind(session);
            send.send(this.circuit, this.circuit.tryAcquire());
        }
        return send;
    }

    /**
     * On a thread of its own, as Kafka's producer answers.
     */
    private static void answer(Runnable answer) throws InterruptedException {
        Thread io = new Thread(answer);
        io.start();
        io.join();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static class Producer extends MockProducer<byte[], byte[]> {

        private volatile boolean failsToClose;

        @Nullable
        private volatile RuntimeException refuse;

        @Nullable
        private volatile Error breaksWith;

        Producer() {
            super(false, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            if (this.breaksWith != null) {
                throw this.breaksWith;
            }
            if (this.refuse != null) {
                // As Kafka's producer does: on the caller's thread, with the partition it was meant for.
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                callback.onCompletion(new RecordMetadata(partition, -1, -1, -1, -1, -1), this.refuse);
                return CompletableFuture.failedFuture(this.refuse);
            }
            return super.send(record, callback);
        }

        @Override
        public void close(Duration timeout) {
            super.close(timeout);
            if (this.failsToClose) {
                throw new KafkaException("an interceptor could not be closed (says the test)");
            }
        }
    }

    private static final class Send extends TrackedSend {

        private final List<String> outcomes = new ArrayList<>();

        private int failedPartition = -1;

        @Nullable
        private ProducerSession session;

        @Override
        protected String topic() {
            return "orders";
        }

        @Override
        protected ProducerRecord<byte[], byte[]> record() {
            return new ProducerRecord<>("orders", 0, new byte[0], new byte[0]);
        }

        @Override
        protected void acked(RecordMetadata metadata, long nowNanos) {
            this.outcomes.add("acked");
        }

        @Override
        protected void failed(FailureKind kind, Throwable error, int partition) {
            this.failedPartition = partition;
            this.outcomes.add("failed");
        }
    }
}
