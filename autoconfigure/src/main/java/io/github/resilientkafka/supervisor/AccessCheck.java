package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.connection.ConnectionError.Kind;
import io.github.resilientkafka.connection.ConnectionErrorClassifier;
import io.github.resilientkafka.listener.ResilientListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.ContainerProperties;

/**
 * Asks Kafka why a listener does not run, with the listener's own settings: whether Kafka is there, lets it in, has its
 * topics, and lets it read them as a member of its group. A container says none of it.
 */
final class AccessCheck {

    private final ResilientListener listener;

    private final Duration timeout;

    AccessCheck(ResilientListener listener, Duration timeout) {
        this.listener = listener;
        this.timeout = timeout;
    }

    /**
     * Returns what is wrong, or null if nothing is that can be found out.
     */
    @Nullable
    Finding find() {
        Admin admin;
        try {
            admin = Admin.create(settings());
        } catch (KafkaException ex) {
            return unreachable(ex);
        }
        try {
            Finding topics = findInTopics(admin);
            return (topics == null) ? findInGroup(admin) : topics;
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = this.listener.connectionSettings();
        int millis = (int) this.timeout.toMillis();
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        return settings;
    }

    private @Nullable Finding findInTopics(Admin admin) throws InterruptedException {
        ContainerProperties properties = this.listener.container().getContainerProperties();
        if (properties.getTopicPattern() != null) {
            return reach(admin);
        }
        List<String> topics = Containers.topics(this.listener.container());
        var answers = admin.describeTopics(topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .topicNameValues();
        for (String topic : topics) {
            try {
                if (refuses(answer(answers.get(topic)).authorizedOperations())) {
                    return refused("it may not read topic " + topic);
                }
            } catch (ExecutionException | TimeoutException ex) {
                Throwable cause = causeOf(ex);
                if (cause instanceof UnknownTopicOrPartitionException) {
                    return new Finding(
                            true,
                            "topic " + topic + " does not exist",
                            "Create it, or correct its name in @KafkaListener.");
                }
                return (cause instanceof AuthorizationException)
                        ? refused("it may not describe topic " + topic)
                        : unreachable(cause);
            }
        }
        return null;
    }

    private @Nullable Finding reach(Admin admin) throws InterruptedException {
        try {
            answer(admin.describeCluster().clusterId());
            return null;
        } catch (ExecutionException | TimeoutException ex) {
            return unreachable(causeOf(ex));
        }
    }

    private @Nullable Finding findInGroup(Admin admin) throws InterruptedException {
        String group = this.listener.container().getGroupId();
        if (group == null
                || !Containers.assigned(this.listener.container().getContainerProperties())
                        .isEmpty()) {
            return null;
        }
        try {
            boolean refuses = refuses(answer(admin.describeConsumerGroups(
                                    List.of(group),
                                    new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                            .describedGroups()
                            .get(group))
                    .authorizedOperations());
            return refuses ? refused("it may not read as group " + group) : null;
        } catch (ExecutionException | TimeoutException ex) {
            // A group that does not exist yet is as good as any.
            return (causeOf(ex) instanceof AuthorizationException) ? refused("it may not join group " + group) : null;
        }
    }

    private <T> T answer(@Nullable KafkaFuture<T> future)
            throws InterruptedException, ExecutionException, TimeoutException {
        return Objects.requireNonNull(future).get(this.timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Throwable causeOf(Exception ex) {
        Throwable cause = ex.getCause();
        return (ex instanceof ExecutionException && cause != null) ? cause : ex;
    }

    /**
     * A broker that knows nothing of permissions, or is too old to tell, says nothing.
     */
    private static boolean refuses(@Nullable Set<AclOperation> allowed) {
        return allowed != null
                && !allowed.isEmpty()
                && !allowed.contains(AclOperation.READ)
                && !allowed.contains(AclOperation.ALL)
                && !allowed.contains(AclOperation.UNKNOWN);
    }

    private static Finding refused(String what) {
        return new Finding(
                true,
                what,
                "Grant the listener's user Read and Describe on the topic, and Read on the group, by an access control list.");
    }

    private static Finding unreachable(Throwable error) {
        ConnectionError meaning = ConnectionErrorClassifier.classify(error);
        boolean permanent = error instanceof AuthenticationException
                || meaning.kind() == Kind.AUTHENTICATION
                || meaning.kind() == Kind.TLS
                || (meaning.kind() == Kind.OTHER && !(error instanceof ApiException));
        return new Finding(permanent, "Kafka cannot be reached: " + error, meaning.hint());
    }

    /**
     * What is wrong.
     *
     * @param permanent whether it is unlikely to pass by itself
     * @param problem what it is
     * @param cure what to do
     */
    record Finding(boolean permanent, String problem, String cure) {

        String text() {
            return this.problem + ". " + this.cure;
        }
    }
}
