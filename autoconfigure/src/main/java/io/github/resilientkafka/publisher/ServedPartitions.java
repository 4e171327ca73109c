package io.github.resilientkafka.publisher;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    /**
     * For how long a question stands. Not longer: it may have gone to a broker that is dead, and not to its successor.
     */
    static final Duration QUESTION_TIMEOUT = Duration.ofSeconds(2);

    /**
     * How long to wait for an answer where an earlier question had none.
     */
    private static final Duration SHORT = Duration.ofMillis(100);

    private final Producer<?, ?> producer;

    private final boolean keysTellPartitions;

    private final Duration patience;

    private final Question question;

    private final Map<String, Leaders> topics = new ConcurrentHashMap<>();

    /**
     * Asks the leaders of partitions where these end.
     */
    @FunctionalInterface
    interface Question {

        /**
         * Asks without waiting.
         * @param timeout after which a leader has given no answer
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
        this.producer = producer;
        this.keysTellPartitions = keysTellPartitions;
        this.patience = shorter(maxBlock, QUESTION_TIMEOUT);
        this.question = question;
    }

    /**
     * Returns how long a caller may be kept waiting.
     */
    Duration patience() {
        return this.patience;
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
        int partitions = count(topic);
        return (partitions == 0) ? null : new TopicPartition(topic, Lanes.positive(Lanes.murmur2(key)) % partitions);
    }

    /**
     * Returns how many partitions a topic has.
     * @throws KafkaException if they can't be found out at the moment
     */
    int count(String topic) {
        return this.producer.partitionsFor(topic).size();
    }

    /**
     * Returns the partition of a record if its leader is not known to serve it. Waits for him, but not longer than
     * {@code max.block.ms} after the topic was first asked for.
     * @return the partition, or null if the record may be sent: also where it is not known which partition it goes to
     * @throws KafkaException if the topic's partitions can't be found out at the moment
     */
    @Nullable
    TopicPartition unservedPartitionOf(ProducerRecord<byte @Nullable [], ?> record) {
        Leaders known = this.topics.get(record.topic());
        if (known != null && known.allServe()) {
            return null;
        }
        long untilNanos = System.nanoTime() + this.patience.toNanos();
        Leaders leaders = (known != null) ? known : ask(record.topic(), untilNanos);
        return leaders.allServe() ? null : await(leaders, record, untilNanos);
    }

    private @Nullable TopicPartition await(
            Leaders leaders, ProducerRecord<byte @Nullable [], ?> record, long untilNanos) {
        TopicPartition partition = partitionOf(record.topic(), record.partition(), record.key());
        if (partition == null) {
            leaders.await(untilNanos);
            return null;
        }
        return leaders.serve(partition, untilNanos) ? null : partition;
    }

    private Leaders ask(String topic, long untilNanos) {
        List<TopicPartition> partitions = IntStream.range(
                        0, this.producer.partitionsFor(topic).size())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        Map<TopicPartition, KafkaFuture<?>> answers;
        try {
            answers = this.question.ask(partitions, QUESTION_TIMEOUT);
        } catch (KafkaException ex) {
            logger.debug("It is not known whether {} are served", partitions, ex);
            return new Leaders(untilNanos);
        }
        Leaders asked = new Leaders(untilNanos);
        Leaders before = this.topics.putIfAbsent(topic, asked.expect(answers));
        return (before != null) ? before : asked;
    }

    private static Duration shorter(Duration one, Duration other) {
        return (one.compareTo(other) < 0) ? one : other;
    }

    private static long earlier(long oneNanos, long otherNanos) {
        return (oneNanos - otherNanos < 0) ? oneNanos : otherNanos;
    }

    private static boolean isServed(KafkaFuture<?> answer, long untilNanos) {
        try {
            answer.get(Math.max(0, untilNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException ex) {
            return false;
        } catch (ExecutionException ex) {
            return !isMatterOfTime(ex.getCause());
        } catch (InterruptedException ex) {
            throw new InterruptException(ex);
        }
    }

    /**
     * Whoever is not there, or not ready, may be later. What is no matter of time (who may not ask) keeps nothing back.
     */
    private static boolean isMatterOfTime(@Nullable Throwable error) {
        // A client that is being closed says that its state is illegal.
        return error instanceof RetriableException || error instanceof IllegalStateException;
    }

    /**
     * The leaders of one topic that have not answered.
     */
    private final class Leaders {

        private final Map<TopicPartition, KafkaFuture<?>> missing = new ConcurrentHashMap<>();

        private volatile long deadlineNanos;

        Leaders(long deadlineNanos) {
            this.deadlineNanos = deadlineNanos;
        }

        boolean allServe() {
            return this.missing.isEmpty();
        }

        Leaders expect(Map<TopicPartition, KafkaFuture<?>> answers) {
            this.missing.putAll(answers);
            answers.forEach((partition, answer) -> answer.whenComplete((end, error) -> {
                if (!isMatterOfTime(error)) {
                    this.missing.remove(partition);
                }
            }));
            return this;
        }

        /**
         * Waits for all of them.
         */
        void await(long untilNanos) {
            long until = earlier(untilNanos, this.deadlineNanos);
            for (KafkaFuture<?> answer : this.missing.values()) {
                if (until - System.nanoTime() > 0) {
                    isServed(answer, until);
                }
            }
        }

        /**
         * Waits for one of them.
         */
        boolean serve(TopicPartition partition, long untilNanos) {
            KafkaFuture<?> answer = this.missing.get(partition);
            if (answer != null && answer.isCompletedExceptionally()) {
                askAgain();
                answer = this.missing.get(partition);
            }
            return answer == null || isServed(answer, earlier(untilNanos, this.deadlineNanos));
        }

        /**
         * Asks all who gave no answer in time, so that a batch with records for many of them waits once.
         */
        private void askAgain() {
            List<TopicPartition> silent = this.missing.entrySet().stream()
                    .filter(entry -> entry.getValue().isCompletedExceptionally())
                    .map(Map.Entry::getKey)
                    .toList();
            try {
                expect(ServedPartitions.this.question.ask(silent, QUESTION_TIMEOUT));
                this.deadlineNanos = System.nanoTime() + SHORT.toNanos();
            } catch (KafkaException ex) {
                logger.debug("It is not known whether {} are served", silent, ex);
            }
        }
    }
}
