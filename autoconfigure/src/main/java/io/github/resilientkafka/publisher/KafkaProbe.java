package io.github.resilientkafka.publisher;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka questions, each bounded in time. Thread-safe; threads that move events may ask, but not wait. Internal.
 */
public final class KafkaProbe implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(KafkaProbe.class);

    /**
     * How long the client keeps a question that we no longer wait for.
     */
    private static final Duration QUESTION_TIMEOUT = Duration.ofSeconds(30);

    private final ProducerSettings settings;

    private final Duration timeout;

    private @Nullable Admin admin;

    private @Nullable TopicsQuestion pendingQuestion;

    private boolean closed;

    /**
     * What a cluster says of itself.
     *
     * @param clusterId its id
     * @param controllerId the controller's node id, or null if there is none
     * @param nodes the brokers, as host:port
     */
    public record ClusterAnswer(String clusterId, @Nullable Integer controllerId, List<String> nodes) {}

    KafkaProbe(ProducerSettings settings, Duration timeout) {
        this.settings = settings;
        this.timeout = timeout;
    }

    /**
     * Asks the cluster for its brokers.
     * @param timeout how long to wait
     * @return what it says
     * @throws KafkaException if it does not answer in time
     */
    public ClusterAnswer describeCluster(Duration timeout) {
        DescribeClusterResult cluster = admin().describeCluster();
        Node controller = await(cluster.controller(), timeout);
        return new ClusterAnswer(
                await(cluster.clusterId(), timeout),
                (controller == null || controller.isEmpty()) ? null : controller.id(),
                await(cluster.nodes(), timeout).stream()
                        .map(node -> node.host() + ":" + node.port())
                        .toList());
    }

    /**
     * Asks whether Kafka is there.
     * @param timeout how long to wait
     * @throws KafkaException if it does not answer in time
     */
    public void connect(Duration timeout) {
        requireListener();
        describeCluster(timeout);
    }

    /**
     * Returns whether anybody accepts connections, without asking more. Waits half a second for each address at most, but for
     * the name service.
     */
    boolean isListenedTo() {
        return BootstrapCheck.refusal(this.settings.bootstrapServers()) == null;
    }

    /**
     * With nothing listening, the client is closed: it would go on trying, with two lines in the log each time.
     */
    private void requireListener() {
        IOException refusal = BootstrapCheck.refusal(this.settings.bootstrapServers());
        if (refusal != null) {
            reset();
            throw new org.apache.kafka.common.errors.TimeoutException(
                    "None of " + this.settings.bootstrapServers() + " accepts connections: " + refusal, refusal);
        }
    }

    /**
     * Looks for what is behind a time-out, where Kafka's client does not tell: a port without TLS.
     * @return the error that shows it, or null
     */
    @Nullable
    IOException lookBehindTimeout() {
        return this.settings.usesTls() ? BootstrapCheck.noTls(this.settings.bootstrapServers()) : null;
    }

    /**
     * Returns whether Kafka can take records again: it answers, and of the given topics at least one has a partition that
     * takes records (or is refused, which no waiting will cure). Without topics, whether it has any broker.
     * @param topics topics that lately met an outage
     * @return whether a trial is worthwhile
     * @throws KafkaException if it does not answer in time; the same question is waited for again at the next call,
     * since every new one to a broker that does not answer is a line in the log
     */
    boolean canTake(Collection<String> topics) {
        if (this.pendingQuestion == null) {
            requireListener();
        }
        if (topics.isEmpty()) {
            return !describeCluster(this.timeout).nodes().isEmpty();
        }
        TopicsQuestion question = this.pendingQuestion;
        if (question == null) {
            question = TopicsQuestion.ask(admin(), topics);
            this.pendingQuestion = question;
        }
        try {
            return question.anyTakesRecords(this.timeout);
        } finally {
            if (question.isAnswered()) {
                this.pendingQuestion = null;
            }
        }
    }

    /**
     * Returns whether a partition is known not to take records now: it has no leader, or one with too few replicas in sync,
     * which is no better.
     * @param partition the partition
     * @return false also where that can't be found out
     */
    public boolean takesNoRecords(TopicPartition partition) {
        try {
            return TopicsQuestion.ask(admin(), List.of(partition.topic()))
                    .isUnable(partition.topic(), partition.partition(), this.timeout);
        } catch (KafkaException ex) {
            logger.debug("It is not known whether {} takes records", partition, ex);
            return false;
        }
    }

    /**
     * Asks leaders where their partitions end, without waiting: one that does not serve his partition yet is asked again until
     * he does, or the time is over.
     * @param partitions the partitions
     * @param timeout for how long
     * @return what each leader says
     * @throws KafkaException if there is no client, and none can be made
     */
    Map<TopicPartition, KafkaFuture<?>> ends(Collection<TopicPartition> partitions, Duration timeout) {
        ListOffsetsResult result = admin().listOffsets(
                        partitions.stream().collect(Collectors.toMap(Function.identity(), any -> OffsetSpec.latest())),
                        new ListOffsetsOptions().timeoutMs((int) timeout.toMillis()));
        return partitions.stream().collect(Collectors.toMap(Function.identity(), result::partitionResult));
    }

    /**
     * Returns a topic's partition count.
     * @param topic the topic
     * @return the count, or empty if there is no such topic or it may not be seen
     * @throws KafkaException if Kafka does not answer in time
     */
    Optional<Integer> partitionCount(String topic) {
        try {
            return await(admin().describeTopics(List.of(topic)).allTopicNames(), this.timeout).values().stream()
                    .map(description -> description.partitions().size())
                    .findFirst();
        } catch (UnknownTopicOrPartitionException | TopicAuthorizationException ex) {
            return Optional.empty();
        }
    }

    /**
     * Creates a topic, with the cluster's default replication. One that exists is left alone.
     * @param topic the topic
     * @param partitions its partition count, or empty for the cluster's default
     * @throws KafkaException if it can't be created
     */
    void createTopic(String topic, Optional<Integer> partitions) {
        try {
            await(
                    admin().createTopics(List.of(new NewTopic(topic, partitions, Optional.empty())))
                            .all(),
                    this.timeout);
        } catch (TopicExistsException ex) {
            // Somebody was quicker.
        }
    }

    static <T> T await(KafkaFuture<T> future, Duration timeout) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException ex) {
            throw (ex.getCause() instanceof KafkaException cause) ? cause : new KafkaException(ex.getCause());
        } catch (TimeoutException ex) {
            throw new org.apache.kafka.common.errors.TimeoutException(
                    "No answer from Kafka within " + timeout.toMillis() + " ms");
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new KafkaException("Interrupted", ex);
        }
    }

    private synchronized Admin admin() {
        if (this.closed) {
            throw new KafkaException("Nothing is asked any more: the application stops");
        }
        Admin admin = this.admin;
        if (admin == null) {
            admin = Admin.create(this.settings.admin(QUESTION_TIMEOUT));
            this.admin = admin;
        }
        return admin;
    }

    /**
     * Drops the connection; the next question opens a new one, which also resolves names anew.
     */
    public void reset() {
        Admin admin;
        synchronized (this) {
            admin = this.admin;
            this.admin = null;
            this.pendingQuestion = null;
        }
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            this.closed = true;
        }
        reset();
    }
}
