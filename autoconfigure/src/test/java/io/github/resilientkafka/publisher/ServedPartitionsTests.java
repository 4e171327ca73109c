package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Which records wait for the leader of their partition, for how long, and what becomes of them then.
 */
class ServedPartitionsTests {

    private static final int PARTITIONS = 3;

    private static final Duration LONG = Duration.ofMinutes(1);

    private final Map<TopicPartition, KafkaFutureImpl<Object>> ends = new ConcurrentHashMap<>();

    private final List<TopicPartition> asked = new CopyOnWriteArrayList<>();

    private final MockProducer<byte[], byte[]> producer = new MockProducer<>() {

        @Override
        public List<PartitionInfo> partitionsFor(String topic) {
            if (topic.equals("missing")) {
                throw new TimeoutException(new UnknownTopicOrPartitionException("says the test"));
            }
            return Collections.nCopies(PARTITIONS, new PartitionInfo(topic, 0, null, null, null));
        }
    };

    private final ServedPartitions patient = served(LONG);

    private final ServedPartitions impatient = served(Duration.ZERO);

    @AfterEach
    void uninterrupted() {
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    @DisplayName("P4: a topic's first record waits for the leader of its partition, and for no other")
    void waitsForItsLeader() throws Exception {
        CompletableFuture<@Nullable TopicPartition> waiting =
                CompletableFuture.supplyAsync(() -> unserved(this.patient, 1));
        Awaitility.await().until(() -> this.asked.size() == PARTITIONS);
        answer(0);
        answer(2);
        assertThat(waiting).isNotDone();
        answer(1);
        assertThat(waiting.get()).isNull();
    }

    @Test
    @DisplayName("P4: nothing is sent to a partition that is not served in time, until it is")
    void notInTime() {
        assertThat(unserved(this.impatient, 1)).isEqualTo(new TopicPartition("orders", 1));
        answer(0);
        assertThat(unserved(this.impatient, 0)).isNull();
        assertThat(unserved(this.impatient, 1)).isEqualTo(new TopicPartition("orders", 1));
        answer(1);
        assertThat(unserved(this.impatient, 1)).isNull();
    }

    @Test
    @DisplayName("P4: leaders are asked once for each topic")
    void askedOnce() {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            unserved(this.impatient, partition);
            answer(partition);
        }
        unserved(this.impatient, 0);
        assertThat(this.asked).hasSize(PARTITIONS);
    }

    @Test
    @DisplayName(
            "P4: who gave no answer in time is asked again, and nobody else: another broker may lead the partition by now")
    void askedAgain() {
        assertThat(unserved(this.impatient, 1)).isEqualTo(new TopicPartition("orders", 1));
        answer(0);
        end(1).completeExceptionally(new TimeoutException("says the test"));
        this.ends.remove(new TopicPartition("orders", 1));
        assertThat(unserved(this.impatient, 0)).isNull();
        assertThat(this.asked).hasSize(PARTITIONS);
        assertThat(unserved(this.impatient, 1)).isEqualTo(new TopicPartition("orders", 1));
        assertThat(this.asked.subList(PARTITIONS, this.asked.size())).containsExactly(new TopicPartition("orders", 1));
        answer(1);
        assertThat(unserved(this.impatient, 1)).isNull();
        assertThat(this.asked).hasSize(PARTITIONS + 1);
    }

    @Test
    @DisplayName(
            "P4: all who gave no answer are asked again at once, and waited for together: a batch goes to many partitions")
    void askedAgainTogether() {
        assertThat(unserved(this.impatient, 0)).isNotNull();
        answer(0);
        this.ends.values().forEach(end -> end.completeExceptionally(new TimeoutException("says the test")));
        this.ends.clear();
        assertThat(unserved(this.impatient, 1)).isNotNull();
        assertThat(unserved(this.impatient, 2)).isNotNull();
        assertThat(this.asked.subList(PARTITIONS, this.asked.size()))
                .containsExactlyInAnyOrder(new TopicPartition("orders", 1), new TopicPartition("orders", 2));
    }

    @Test
    @DisplayName(
            "P4: a caller waits max.block.ms at most, once for a topic, whatever that is, and never longer than two seconds")
    void waitsForMaxBlock() {
        ServedPartitions served = served(Duration.ofMillis(50));
        long start = System.nanoTime();
        assertThat(unserved(served, 0)).isNotNull();
        assertThat(unserved(served, 1)).isNotNull();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(50), Duration.ofSeconds(20));
        ServedPartitions forEver = served(Duration.ofMillis(Long.MAX_VALUE));
        start = System.nanoTime();
        assertThat(unserved(forEver, 0)).isNotNull();
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(ServedPartitions.QUESTION_TIMEOUT, Duration.ofSeconds(20));
    }

    @Test
    @DisplayName("P4: who may not ask, or can't, is not kept from sending")
    void mayNotAsk() {
        unserved(this.impatient, 0);
        end(0).completeExceptionally(new TopicAuthorizationException("says the test"));
        assertThat(unserved(this.impatient, 0)).isNull();
        ServedPartitions mute = new ServedPartitions(this.producer, true, LONG, (partitions, timeout) -> {
            throw new KafkaException("no client (says the test)");
        });
        assertThat(unserved(mute, 0)).isNull();
    }

    @Test
    @DisplayName("P4: a key tells the partition to wait for")
    void keys() {
        byte[] key = {1, 2, 3};
        int partition = BuiltInPartitioner.partitionForKey(key, PARTITIONS);
        assertThat(this.impatient.unservedPartitionOf(new ProducerRecord<>("orders", key, key)))
                .isEqualTo(new TopicPartition("orders", partition));
        answer(partition);
        assertThat(this.impatient.unservedPartitionOf(new ProducerRecord<>("orders", key, key)))
                .isNull();
    }

    @Test
    @DisplayName("P4: where the partition is not known before, all leaders are waited for, and in the end it is sent")
    void anyPartition() throws Exception {
        CompletableFuture<@Nullable TopicPartition> waiting =
                CompletableFuture.supplyAsync(() -> unserved(this.patient, null));
        Awaitility.await().until(() -> this.asked.size() == PARTITIONS);
        answer(0);
        answer(1);
        assertThat(waiting).isNotDone();
        answer(2);
        assertThat(waiting.get()).isNull();
        this.ends.clear();
        assertThat(unserved(this.impatient, null)).isNull();
    }

    @Test
    @DisplayName("P4: a topic that does not exist fails as the producer says, and a partition too many is left to it")
    void unknown() {
        assertThatThrownBy(
                        () -> this.impatient.unservedPartitionOf(new ProducerRecord<>("missing", 0, null, new byte[0])))
                .hasRootCauseInstanceOf(UnknownTopicOrPartitionException.class);
        assertThat(unserved(this.impatient, PARTITIONS)).isNull();
    }

    @Test
    @DisplayName("P4: an interrupted caller stops waiting")
    void interrupted() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> unserved(this.patient, 0)).isInstanceOf(InterruptException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    private ServedPartitions served(Duration maxBlock) {
        return new ServedPartitions(this.producer, true, maxBlock, (partitions, timeout) -> {
            assertThat(timeout).isEqualTo(ServedPartitions.QUESTION_TIMEOUT);
            this.asked.addAll(partitions);
            return partitions.stream().collect(Collectors.toMap(Function.identity(), this::end));
        });
    }

    private static @Nullable TopicPartition unserved(ServedPartitions served, @Nullable Integer partition) {
        return served.unservedPartitionOf(new ProducerRecord<>("orders", partition, null, new byte[0]));
    }

    private KafkaFutureImpl<Object> end(TopicPartition partition) {
        return this.ends.computeIfAbsent(partition, any -> new KafkaFutureImpl<>());
    }

    private KafkaFutureImpl<Object> end(int partition) {
        return end(new TopicPartition("orders", partition));
    }

    private void answer(int partition) {
        end(partition).complete("its end");
    }
}
