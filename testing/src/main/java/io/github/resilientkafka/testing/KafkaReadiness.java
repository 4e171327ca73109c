package io.github.resilientkafka.testing;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * Knows when a broker can be produced to and relied on: it sees itself in the cluster, and each partition has, as far as
 * the brokers that run allow, a leader and all replicas in sync.
 */
final class KafkaReadiness implements Readiness {

    private static final int REQUEST_TIMEOUT_MS = 5_000;

    private final int node;
    private final int port;
    private final Map<String, Object> adminConfig;

    /**
     * Creates the readiness of one broker.
     *
     * @param adminConfig how an administrator connects to this very broker
     */
    KafkaReadiness(int node, int port, Map<String, Object> adminConfig) {
        this.node = node;
        this.port = port;
        this.adminConfig = new HashMap<>(adminConfig);
        this.adminConfig.put("default.api.timeout.ms", REQUEST_TIMEOUT_MS);
        this.adminConfig.put("request.timeout.ms", REQUEST_TIMEOUT_MS);
    }

    @Override
    public boolean await(BooleanSupplier alive, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        // A client would log a warning for each attempt to connect to a port that is not open yet.
        boolean inTime = Await.until(timeout, () -> LocalPort.accepts(port) || !alive.getAsBoolean());
        if (!inTime || !alive.getAsBoolean()) {
            return false;
        }
        try (Admin admin = Admin.create(adminConfig)) {
            boolean[] ready = {false};
            Await.until(Duration.ofNanos(deadline - System.nanoTime()), () -> {
                ready[0] = serves(admin);
                return ready[0] || !alive.getAsBoolean();
            });
            return ready[0];
        }
    }

    private boolean serves(Admin admin) {
        try {
            Set<Integer> live = ids(answer(admin.describeCluster().nodes()));
            if (!live.contains(node)) {
                return false;
            }
            ListTopicsOptions all = new ListTopicsOptions().listInternal(true);
            return partitions(admin, answer(admin.listTopics(all).names()))
                    .allMatch(partition -> isRecovered(partition, live));
        } catch (ExecutionException | TimeoutException ex) {
            return false;
        }
    }

    /**
     * Whether each partition of a topic has a leader that knows it: a broker tells others who leads a new partition
     * before it serves it, and of a producer that does not wait it may refuse the first batch and take the second.
     */
    static boolean isServed(Admin admin, String topic) {
        try {
            List<TopicPartitionInfo> partitions =
                    partitions(admin, Set.of(topic)).toList();
            if (!partitions.stream().allMatch(KafkaReadiness::isLed)) {
                return false;
            }
            answer(admin.listOffsets(partitions.stream()
                            .collect(Collectors.toMap(
                                    partition -> new TopicPartition(topic, partition.partition()),
                                    partition -> OffsetSpec.latest())))
                    .all());
            return true;
        } catch (ExecutionException | TimeoutException ex) {
            return false;
        }
    }

    /** Nothing is to be waited for if all brokers that hold the newest records are away. */
    private static boolean isRecovered(TopicPartitionInfo partition, Set<Integer> live) {
        Set<Integer> inSync = ids(partition.isr());
        Set<Integer> present = ids(partition.replicas());
        present.retainAll(live);
        return Collections.disjoint(inSync, live)
                || isLed(partition) && live.contains(partition.leader().id()) && inSync.containsAll(present);
    }

    private static Set<Integer> ids(Collection<Node> nodes) {
        return nodes.stream().map(Node::id).collect(Collectors.toSet());
    }

    private static boolean isLed(TopicPartitionInfo partition) {
        return partition.leader() != null && !partition.leader().isEmpty();
    }

    private static Stream<TopicPartitionInfo> partitions(Admin admin, Set<String> topics)
            throws ExecutionException, TimeoutException {
        return answer(admin.describeTopics(topics).allTopicNames()).values().stream()
                .map(TopicDescription::partitions)
                .flatMap(Collection::stream);
    }

    private static <T> T answer(KafkaFuture<T> future) throws ExecutionException, TimeoutException {
        try {
            return future.get(REQUEST_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for a Kafka broker", ex);
        }
    }
}
