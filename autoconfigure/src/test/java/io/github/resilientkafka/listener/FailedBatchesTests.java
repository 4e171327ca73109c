package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Commits of what comes before a failed record: an exception of theirs must not keep the consumer from going back to it.
 */
class FailedBatchesTests {

    private final AtomicInteger commits = new AtomicInteger();

    static List<KafkaException> failures() {
        return List.of(new TimeoutException("coordinator away"), new TopicAuthorizationException("orders"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    @DisplayName("N4: a commit that fails is not thrown on")
    void failing(KafkaException failure) {
        commit(Integer.MAX_VALUE, failure);
        assertThat(this.commits).hasValue(1);
    }

    @Test
    @DisplayName("N4: a commit that was woken up for another partition is made again")
    void wokenUp() {
        commit(1, new WakeupException());
        assertThat(this.commits).hasValue(2);
    }

    private void commit(int times, KafkaException failure) {
        Consumer<?, ?> consumer = stub(Consumer.class, (name) -> {
            if (this.commits.incrementAndGet() <= times) {
                throw failure;
            }
            return null;
        });
        ContainerProperties properties = new ContainerProperties("orders");
        MessageListenerContainer container = stub(MessageListenerContainer.class, name -> properties);
        new FailedBatches(null, null, null, true)
                .commit(List.of(new ConsumerRecord<>("orders", 0, 5, "key", "value")), consumer, container);
    }

    private interface Answer {

        Object to(String method);
    }

    private static <T> T stub(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method.getName())));
    }
}
