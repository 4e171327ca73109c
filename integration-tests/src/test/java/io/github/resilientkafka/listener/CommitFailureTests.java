package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalKafka;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties.AckMode;

/**
 * Commits that fail where the container takes it for a failure of the handler: with acknowledgment mode RECORD, and in batches.
 */
class CommitFailureTests {

    /** More in a row than a record has attempts. */
    private static final int FAILURES = 4;

    /**
     * Real consumers whose first commits fail.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Listeners.class)
    static class Application {

        @Bean
        static BeanPostProcessor failingCommits() {
            return new BeanPostProcessor() {

                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    if (bean instanceof DefaultKafkaConsumerFactory<?, ?> factory) {
                        factory.addPostProcessor(Application::failing);
                    }
                    return bean;
                }
            };
        }

        @SuppressWarnings("unchecked")
        private static <K, V> Consumer<K, V> failing(Consumer<K, V> consumer) {
            AtomicInteger commits = new AtomicInteger();
            return (Consumer<K, V>) Proxy.newProxyInstance(
                    Application.class.getClassLoader(), new Class<?>[] {Consumer.class}, (proxy, method, arguments) -> {
                        if (method.getName().equals("commitSync") && commits.incrementAndGet() <= FAILURES) {
                            throw new TimeoutException("injected");
                        }
                        try {
                            return method.invoke(consumer, arguments);
                        } catch (InvocationTargetException ex) {
                            throw ex.getCause();
                        }
                    });
        }

        @Bean
        ContainerCustomizer<Object, Object, ConcurrentMessageListenerContainer<Object, Object>> customizer() {
            return container -> {
                if (container.getListenerId().equals("single")) {
                    container.getContainerProperties().setAckMode(AckMode.RECORD);
                }
            };
        }
    }

    static class Listeners implements ListenerObserver {

        private final Queue<String> single = new ConcurrentLinkedQueue<>();

        private final Queue<List<String>> batches = new ConcurrentLinkedQueue<>();

        private final Queue<ErrorClass> failures = new ConcurrentLinkedQueue<>();

        @KafkaListener(id = "single", topics = "${test.topic}", idIsGroup = false)
        void handle(ConsumerRecord<String, String> record) {
            this.single.add(record.value());
        }

        @KafkaListener(id = "batches", topics = "${test.topic}", groupId = "${test.topic}.batches", batch = "true")
        void handle(List<String> values) {
            this.batches.add(values);
        }

        @Override
        public void failed(String listener, ErrorClass errorClass) {
            this.failures.add(errorClass);
        }
    }

    @Test
    @DisplayName(
            "N6: what was handled and could not be committed comes again; no attempt is counted, nothing is given up")
    void comesAgain() {
        try (ListenerWorld world = new ListenerWorld(LocalKafka.shared())) {
            String topic = world.topic(1);
            try (TestApplication application =
                    world.application(topic, Application.class).start()) {
                Listeners listeners = application.context().getBean(Listeners.class);
                world.send(topic, 0, "a");
                world.send(topic, 0, "b");
                world.flush();
                await("committed after all")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> world.committed(topic, topic, 0) == 2
                                && world.committed(topic + ".batches", topic, 0) == 2);
                assertThat(listeners.single).containsExactly("a", "a", "a", "a", "a", "b");
                assertThat(listeners.batches).hasSizeGreaterThan(FAILURES).startsWith(List.of("a", "b"));
                assertThat(listeners.failures).isEmpty();
                assertThat(world.exists(topic + ".dlq")).isFalse();
            }
        }
    }
}
