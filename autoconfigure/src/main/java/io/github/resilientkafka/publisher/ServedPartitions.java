package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the first records of a producer from partitions whose leader does not serve them yet. Internal. Thread-safe.
 * <p>
 * Brokers tell who leads a new partition shortly before he is ready. He may refuse a producer's first request then and take
 * the second, and before Kafka 4.5 he never takes the first again (KAFKA-15591): its events fail after
 * {@code delivery.timeout.ms}, behind younger ones of their keys. A leader that tells where a partition ends serves it, so
 * that is asked before a producer's first record of a topic.
 */
public final class ServedPartitions {

    private static final Logger logger = LoggerFactory.getLogger(ServedPartitions.class);

    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    private final Producer<?, ?> producer;

    private final boolean keysTellPartitions;

    private final Duration maxBlock;

    private final Question question;

    private final LongSupplier nanoTime;

    private final Map<String, Answers> topics = new ConcurrentHashMap<>();

    /**
     * Asks the leaders of partitions where these end.
     */
    @FunctionalInterface
    interface Question {

        /**
         * Asks without waiting.
         * @param timeout after which no answer is to be expected any more
         * @return what each leader says, once he serves the partition
         * @throws KafkaException if nobody can be asked at the moment
         */
        Map<TopicPartition, KafkaFuture<?>> ask(Collection<TopicPartition> partitions, Duration timeout);
    }

    /**
     * Knows nothing yet.
     * @param keysTellPartitions whether the producer chooses partitions as Kafka's client does by default
     * @param maxBlock how long a caller may be kept waiting
     * @param question how leaders are asked
     */
    ServedPartitions(Producer<?, ?> producer, boolean keysTellPartitions, Duration maxBlock, Question question) {
        this(producer, keysTellPartitions, maxBlock, question, System::nanoTime);
    }

    ServedPartitions(
            Producer<?, ?> producer,
            boolean keysTellPartitions,
            Duration maxBlock,
            Question question,
            LongSupplier nanoTime) {
        this.producer = producer;
        this.keysTellPartitions = keysTellPartitions;
        this.maxBlock = maxBlock;
        this.question = question;
        this.nanoTime = nanoTime;
    }

    /**
     * Returns where a record will go.
     * @return the partition, or null if that can't be told before it is sent
     * @throws KafkaException if the topic's partitions can't be found out at the moment
     */
    @Nullable
    TopicPartition partitionOf(String topic, @Nullable Integer partition, byte @Nullable [] key) {
        if (partition != null) {
            return new TopicPartition(topic, partition);
        }
        if (key == null || !this.keysTellPartitions) {
            return null;
        }
        int partitions = this.producer.partitionsFor(topic).size();
        return new TopicPartition(topic, Lanes.positive(Lanes.murmur2(key)) % partitions);
    }

    /**
     * Returns the partition of a record if its leader does not serve it. Waits for him, until {@code max.block.ms} after he was
     * asked. A second later he, or his successor, is asked again: not at once, as each record for each such partition would wait.
     * @return the partition, or null if the record may be sent: also where it is not known which partition it goes to
     * @throws KafkaException if the topic's partitions can't be found out at the moment
     */
    @Nullable
    TopicPartition unservedPartitionOf(ProducerRecord<?, ?> record, byte @Nullable [] key) {
        Answers answers = this.topics.get(record.topic());
        if (answers == null) {
            answers = ask(record.topic());
        }
        return answers.areAllServed() ? null : await(answers, record, key);
    }

    private @Nullable TopicPartition await(Answers answers, ProducerRecord<?, ?> record, byte @Nullable [] key) {
        TopicPartition partition = partitionOf(record.topic(), record.partition(), key);
        if (partition == null) {
            answers.awaitAll();
            return null;
        }
        Answers latest = answers;
        if (answers.areOld(partition)) {
            this.topics.remove(record.topic(), answers);
            latest = ask(record.topic());
        }
        return latest.await(partition) ? null : partition;
    }

    private Answers ask(String topic) {
        long deadlineNanos = this.nanoTime.getAsLong() + this.maxBlock.toNanos();
        List<TopicPartition> partitions = IntStream.range(
                        0, this.producer.partitionsFor(topic).size())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        return this.topics.computeIfAbsent(topic, name -> new Answers(ask(partitions), deadlineNanos));
    }

    private Map<TopicPartition, KafkaFuture<?>> ask(List<TopicPartition> partitions) {
        try {
            return this.question.ask(partitions, this.maxBlock);
        } catch (KafkaException ex) {
            logger.debug("It is not known whether {} are served", partitions, ex);
            return Map.of();
        }
    }

    /**
     * What the leaders of one topic's partitions say. Whatever is no matter of time (as who may not ask) keeps nothing back.
     */
    private final class Answers {

        private final Map<TopicPartition, KafkaFuture<?>> ends;

        private final long deadlineNanos;

        private final AtomicInteger missing;

        Answers(Map<TopicPartition, KafkaFuture<?>> ends, long deadlineNanos) {
            this.ends = ends;
            this.deadlineNanos = deadlineNanos;
            this.missing = new AtomicInteger(ends.size());
            ends.values()
                    .forEach(end -> end.whenComplete((offset, error) -> {
                        if (!(error instanceof RetriableException)) {
                            this.missing.decrementAndGet();
                        }
                    }));
        }

        boolean areAllServed() {
            return this.missing.get() == 0;
        }

        void awaitAll() {
            this.ends.keySet().forEach(this::await);
        }

        /**
         * Waits for one leader, and returns whether his partition is served.
         */
        boolean await(TopicPartition partition) {
            KafkaFuture<?> end = this.ends.get(partition);
            if (end != null) {
                try {
                    end.get(
                            Math.max(0, this.deadlineNanos - ServedPartitions.this.nanoTime.getAsLong()),
                            TimeUnit.NANOSECONDS);
                } catch (TimeoutException ex) {
                    return false;
                } catch (ExecutionException ex) {
                    return !(ex.getCause() instanceof RetriableException);
                } catch (InterruptedException ex) {
                    throw new InterruptException(ex);
                }
            }
            return true;
        }

        /**
         * Returns whether a partition was not served some time ago: it may be by now, perhaps by another broker.
         */
        boolean areOld(TopicPartition partition) {
            KafkaFuture<?> end = this.ends.get(partition);
            return end != null
                    && end.isCompletedExceptionally()
                    && ServedPartitions.this.nanoTime.getAsLong() - this.deadlineNanos > ASK_AGAIN.toNanos();
        }
    }
}
