package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.anyCollection;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

class TopicsQuestionTests {

    private static final Duration TIMEOUT = Duration.ofMillis(50);

    private final Map<String, KafkaFuture<TopicDescription>> descriptions = new LinkedHashMap<>();

    private final Map<ConfigResource, KafkaFuture<Config>> settings = new LinkedHashMap<>();

    @Test
    @DisplayName("W2: a partition with a leader and fewer replicas in sync than its topic wants takes no records")
    void tooFewReplicas() {
        topic("orders", partition(0, 1), partition(1, 1));
        needs("orders", 2);
        assertThat(ask().anyTakesRecords(TIMEOUT)).isFalse();
        assertThat(ask().isUnable("orders", 0, TIMEOUT)).isTrue();
    }

    @Test
    @DisplayName("W2: one partition with enough replicas is worth a trial")
    void enoughReplicas() {
        topic("orders", partition(0, 1), partition(1, 2));
        needs("orders", 2);
        assertThat(ask().anyTakesRecords(TIMEOUT)).isTrue();
        assertThat(ask().isUnable("orders", 0, TIMEOUT)).isTrue();
        assertThat(ask().isUnable("orders", 1, TIMEOUT)).isFalse();
    }

    @Test
    @DisplayName("W2: replicas in sync without a leader are no use")
    void noLeader() {
        topic("orders", new TopicPartitionInfo(0, null, nodes(3), nodes(3)));
        needs("orders", 2);
        assertThat(ask().anyTakesRecords(TIMEOUT)).isFalse();
        assertThat(ask().isUnable("orders", 0, TIMEOUT)).isTrue();
    }

    @Test
    @DisplayName("W2: where a topic's settings may not be seen, or are not told in time, a leader is enough")
    void settingsNotTold() {
        topic("orders", partition(0, 1));
        this.settings.put(resource("orders"), failed(new TopicAuthorizationException("orders")));
        assertThat(ask().anyTakesRecords(TIMEOUT)).isTrue();
        this.settings.put(resource("orders"), new KafkaFutureImpl<>());
        assertThat(ask().anyTakesRecords(TIMEOUT)).isTrue();
        assertThat(ask().isAnswered()).isTrue();
    }

    @Test
    @DisplayName("W2: a topic that is refused is worth a trial, no waiting will cure it")
    void refused() {
        this.descriptions.put("orders", failed(new UnknownTopicOrPartitionException()));
        needs("orders", 2);
        assertThat(ask().anyTakesRecords(TIMEOUT)).isTrue();
    }

    @Test
    @DisplayName("W2: no answer is an error, and the question is still open")
    void noAnswer() {
        this.descriptions.put("orders", new KafkaFutureImpl<>());
        needs("orders", 2);
        TopicsQuestion question = ask();
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> question.anyTakesRecords(TIMEOUT));
        assertThat(question.isAnswered()).isFalse();
    }

    private TopicsQuestion ask() {
        Admin admin = mock(Admin.class, Mockito.CALLS_REAL_METHODS);
        DescribeTopicsResult topics = mock(DescribeTopicsResult.class);
        given(topics.topicNameValues()).willReturn(this.descriptions);
        DescribeConfigsResult configs = mock(DescribeConfigsResult.class);
        given(configs.values()).willReturn(this.settings);
        Mockito.doReturn(topics).when(admin).describeTopics(anyCollection());
        Mockito.doReturn(configs).when(admin).describeConfigs(anyCollection());
        return TopicsQuestion.ask(admin, this.descriptions.keySet());
    }

    private void topic(String name, TopicPartitionInfo... partitions) {
        this.descriptions.put(
                name, KafkaFuture.completedFuture(new TopicDescription(name, false, List.of(partitions))));
    }

    private void needs(String topic, int replicas) {
        this.settings.put(
                resource(topic),
                KafkaFuture.completedFuture(new Config(
                        Collections.singleton(new ConfigEntry("min.insync.replicas", String.valueOf(replicas))))));
    }

    private static TopicPartitionInfo partition(int number, int inSync) {
        return new TopicPartitionInfo(number, new Node(0, "broker", 9092), nodes(3), nodes(inSync));
    }

    private static List<Node> nodes(int count) {
        return IntStream.range(0, count)
                .mapToObj(id -> new Node(id, "broker", 9092))
                .toList();
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private static <T> KafkaFuture<T> failed(Exception error) {
        KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
        future.completeExceptionally(error);
        return future;
    }
}
