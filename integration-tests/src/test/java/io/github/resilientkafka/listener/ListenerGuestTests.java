package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchListenerFailedException;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.MessageListener;
import org.springframework.kafka.listener.RecordInterceptor;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.retry.annotation.Backoff;
import org.springframework.util.backoff.FixedBackOff;

/**
 * Listeners that an application has made in its own ways.
 */
@Tag("unhurried")
@ExtendWith(OutputCaptureExtension.class)
class ListenerGuestTests {

    private static final ListenerWorld world = new ListenerWorld(LocalKafka.shared());

    private static final String topic = world.topic(1);

    private static TestApplication application;

    private static final Seen seen = new Seen();

    @BeforeAll
    static void start() {
        for (String suffix : new String[] {
            "-auto",
            "-manual",
            "-immediate",
            "-async",
            "-async-batch",
            "-future",
            "-nameless",
            "-own",
            "-tx",
            "-retryable",
            "-later",
            "-made"
        }) {
            world.kafka.createTopic(topic + suffix, 1);
        }
        application = world.application(topic, Application.class)
                .with("logging.level." + ListenerContainers.class.getName(), "INFO")
                .with("spring.kafka.producer.transaction-id-prefix", topic)
                .start();
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"manual", "immediate"})
    @DisplayName(
            "manual acks: a record that failed is not committed; one that is dead-lettered is; interceptor, rebalance"
                    + " listener and customizer of the application's go on working")
    void manualAcks(String mode) {
        String own = topic + "-" + mode;
        world.send(own, 0, "good");
        world.send(own, 0, "flaky");
        world.send(own, 0, "bad");
        world.flush();
        await("committed").until(() -> world.committed(topic, own, 0) == 3);
        assertThat(seen.handled(mode)).containsExactly("good", "flaky");
        assertThat(values(own + ".dlq")).containsOnlyKeys("bad");
        assertThat(seen.intercepted).containsKeys(mode + ":good", mode + ":bad");
        assertThat(seen.failed).containsKeys(mode + ":flaky", mode + ":bad");
        assertThat(seen.assigned).contains(new TopicPartition(own, 0));
        assertThat(container(mode).getContainerProperties().getIdleBetweenPolls())
                .isEqualTo(1);
        assertThat(find(mode).pausesPartitions()).isTrue();
    }

    @Test
    @DisplayName(
            "N6: a record that the application's interceptor leaves out is not committed over one that waits before it")
    void leftOut() {
        String own = topic + "-auto";
        world.send(own, 0, "later");
        world.send(own, 0, "left out");
        world.flush();
        await("tried again").until(() -> seen.attempts("auto", "later") == 2);
        assertThat(world.committed(topic, own, 0)).isLessThanOrEqualTo(0);
        await("all").until(() -> world.committed(topic, own, 0) == 2);
        assertThat(seen.handled("auto")).containsExactly("later");
    }

    @Test
    @DisplayName("acknowledgments out of order: what fails in the middle is tried again, or dead-lettered; nothing is"
            + " committed over a record that is not acknowledged, nothing is handled twice, nothing gets stuck")
    void acknowledgedOutOfOrder() {
        String own = topic + "-async";
        for (String value : new String[] {"one", "slow", "three", "flaky", "five", "bad", "seven", "bad", "nine"}) {
            world.send(own, 0, value);
        }
        world.flush();
        await("failed").until(() -> seen.attempts("async", "flaky") == 1);
        await("what is acknowledged").until(() -> world.committed(own, own, 0) == 1);
        await("for longer than the pause")
                .during(Duration.ofMillis(600))
                .until(() -> world.committed(own, own, 0) == 1
                        && seen.handled("async").size() == 3);
        seen.slow.acknowledge();
        await("all").atMost(Duration.ofSeconds(20)).until(() -> world.committed(own, own, 0) == 9);
        assertThat(seen.handled("async")).containsExactly("one", "slow", "three", "flaky", "five", "seven", "nine");
        assertThat(seen.attempts("async", "flaky")).isEqualTo(2);
        assertThat(seen.attempts("async", "bad")).as("both of them once").isEqualTo(2);
        assertThat(values(own + ".dlq")).containsEntry("bad", 2L);
    }

    @Test
    @DisplayName(
            "acknowledgments out of order, in batches: a partial failure is kept to its record, nothing gets stuck")
    void batchesAcknowledgedOutOfOrder() {
        String own = topic + "-async-batch";
        for (String value : new String[] {"one", "flaky", "three", "bad", "five"}) {
            world.send(own, 0, value);
        }
        world.flush();
        await("all").atMost(Duration.ofSeconds(20)).until(() -> world.committed(own, own, 0) == 5);
        assertThat(seen.handled("async-batch")).containsExactly("one", "flaky", "three", "five");
        assertThat(seen.attempts("async-batch", "one")).isEqualTo(1);
        assertThat(values(own + ".dlq")).containsOnlyKeys("bad");
    }

    @Test
    @DisplayName(
            "P2: a record whose handler's future fails after its return is a dead letter: spring-kafka has acknowledged it;"
                    + " what fails before the return is tried again; the others go on")
    void futures() {
        String own = topic + "-future";
        world.send(own, 0, "flaky");
        world.send(own, 0, "fails late");
        world.send(own, 0, "finds it down");
        world.send(own, 0, "good");
        world.flush();
        await("all").until(() -> world.committed(own, own, 0) == 4);
        assertThat(seen.handled("future")).containsExactly("flaky", "fails late", "finds it down", "good");
        assertThat(seen.attempts("future", "flaky")).isEqualTo(2);
        await("dead-lettered").untilAsserted(() -> {
            List<ConsumerRecord<byte[], byte[]>> deadLetters =
                    TopicReader.readAll(world.kafka.clientConfig(), own + ".dlq");
            assertThat(deadLetters)
                    .extracting(deadLetter -> TopicReader.text(deadLetter.value()))
                    .containsExactlyInAnyOrder("fails late", "finds it down");
            assertThat(deadLetters).allSatisfy(deadLetter -> {
                assertThat(TopicReader.header(deadLetter, "rk_reason")).isEqualTo("TRANSIENT");
                assertThat(TopicReader.header(deadLetter, "rk_attempts")).isEqualTo("1");
                assertThat(TopicReader.header(deadLetter, "rk_original_offset")).isIn("1", "2");
            });
        });
        world.send(own, 0, "after it");
        world.flush();
        await("goes on").until(() -> seen.handled("future").contains("after it"));
    }

    @Test
    @DisplayName("a listener without an id is told of, once, and how to name it")
    void nameless(CapturedOutput output) {
        List<String> told = output.getAll()
                .lines()
                .filter(line -> line.contains("has no id of its own"))
                .toList();
        assertThat(told)
                .singleElement(as(InstanceOfAssertFactories.STRING))
                .contains(topic + "-nameless", "@KafkaListener(id = ", "resilient-kafka.listener.instances.<id>.*");
    }

    @Test
    @DisplayName("an error handler of the application's own stays, and does what it does")
    void ownErrorHandler() {
        world.send(topic + "-own", 0, "bad");
        world.send(topic + "-own", 0, "good");
        world.flush();
        await("goes on").until(() -> seen.handled("own").contains("good"));
        assertThat(container("own").getCommonErrorHandler()).isInstanceOf(DefaultErrorHandler.class);
        assertThat(find("own").pausesPartitions()).isFalse();
        assertThat(find("own").joined()).as("its state is known all the same").isTrue();
        assertThat(world.exists(topic + "-own.dlq")).isFalse();
    }

    @Test
    @DisplayName("a transactional container is left to its AfterRollbackProcessor")
    void transactional() {
        world.send(topic + "-tx", 0, "flaky");
        world.send(topic + "-tx", 0, "good");
        world.flush();
        await("goes on").until(() -> seen.handled("tx").contains("good"));
        assertThat(seen.handled("tx")).containsExactly("flaky", "good");
        assertThat(find("tx").pausesPartitions()).isFalse();
    }

    @Test
    @DisplayName("@RetryableTopic does what it does: retry topic, dead-letter handler")
    void retryableTopic() {
        world.send(topic + "-retryable", 0, "bad");
        world.send(topic + "-retryable", 0, "good");
        world.flush();
        await("dead-letter handler").until(() -> seen.handled("dlt").contains("bad"));
        assertThat(seen.handled("retryable")).containsExactly("good");
        assertThat(seen.attempts("retryable", "bad")).isEqualTo(2);
        assertThat(find("retryable").pausesPartitions()).isFalse();
        assertThat(world.exists(topic + "-retryable.dlq")).isFalse();
    }

    @Test
    @DisplayName("containers made after the start, by endpoint or by factory, are looked after, too")
    void madeLater() {
        ((GenericApplicationContext) application.context()).registerBean(Later.class, () -> new Later());
        application.context().getBean(Later.class);
        ConcurrentKafkaListenerContainerFactory<?, ?> factory = application
                .context()
                .getBean("kafkaListenerContainerFactory", ConcurrentKafkaListenerContainerFactory.class);
        ConcurrentMessageListenerContainer<?, ?> made = factory.createContainer(topic + "-made");
        made.setBeanName("made");
        made.getContainerProperties()
                .setMessageListener((MessageListener<String, String>) record -> seen.handle("made", record));
        made.getContainerProperties().setGroupId(topic + "-made");
        made.start();
        for (String name : new String[] {"later", "made"}) {
            world.send(topic + "-" + name, 0, "later");
            world.send(topic + "-" + name, 0, "bad");
            world.send(topic + "-" + name, 0, "good");
        }
        world.flush();
        for (String name : new String[] {"later", "made"}) {
            await("go on").until(() -> seen.handled(name).contains("good"));
            assertThat(seen.handled(name))
                    .as("what is behind the failed record waits for it")
                    .containsExactly("later", "good");
            assertThat(seen.attempts(name, "later")).isEqualTo(4);
            assertThat(seen.attempts(name, "bad")).isEqualTo(1);
            assertThat(values(topic + "-" + name + ".dlq")).containsOnlyKeys("bad");
            assertThat(find(name).pausesPartitions()).isTrue();
        }
        assertThat(TopicReader.readAll(world.kafka.clientConfig(), topic + "-made.dlq"))
                .as("its group is known, too")
                .allMatch(record -> (topic + "-made").equals(TopicReader.header(record, "rk_group")));
        made.stop();
        KafkaListenerEndpointRegistry registry = application.context().getBean(KafkaListenerEndpointRegistry.class);
        registry.getListenerContainer("later").stop();
        registry.unregisterListenerContainer("later");
        ListenerContainers containers = application.context().getBean(ListenerContainers.class);
        await("forgotten").until(() -> containers.find("later").isEmpty());
        assertThat(containers.find("made")).as("may be started again").isPresent();
    }

    private static Map<String, Long> values(String name) {
        return TopicReader.values(TopicReader.readAll(world.kafka.clientConfig(), name));
    }

    private static ResilientListener find(String id) {
        return ListenerWorld.listener(application, id);
    }

    private static AbstractMessageListenerContainer<?, ?> container(String id) {
        return find(id).container();
    }

    /** Remembers what its listeners were given; "bad" is bad, "flaky" fails the first time. */
    static class Seen {

        final Queue<String> handled = new ConcurrentLinkedQueue<>();

        final Map<String, Integer> attempts = new ConcurrentHashMap<>();

        final Map<String, Boolean> intercepted = new ConcurrentHashMap<>();

        final Map<String, Boolean> failed = new ConcurrentHashMap<>();

        final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();

        volatile Acknowledgment slow;

        void handle(String listener, ConsumerRecord<?, String> record) {
            int attempt = this.attempts.merge(listener + ":" + record.value(), 1, Integer::sum);
            if (record.value().equals("later") && attempt < 4) {
                throw new RetryLaterException(Duration.ofMillis(200));
            }
            if (record.value().equals("bad")) {
                throw new BadDataException("bad");
            }
            if (record.value().equals("flaky") && attempt == 1) {
                throw new IllegalStateException("the first time");
            }
            this.handled.add(listener + ":" + record.value());
        }

        List<String> handled(String listener) {
            return this.handled.stream()
                    .filter(value -> value.startsWith(listener + ":"))
                    .map(value -> value.substring(listener.length() + 1))
                    .toList();
        }

        int attempts(String listener, String value) {
            return this.attempts.getOrDefault(listener + ":" + value, 0);
        }
    }

    static class Listeners {

        @KafkaListener(id = "auto", topics = "${test.topic}-auto", containerFactory = "auto", idIsGroup = false)
        void auto(ConsumerRecord<String, String> record) {
            seen.handle("auto", record);
        }

        @KafkaListener(id = "manual", topics = "${test.topic}-manual", containerFactory = "manual", idIsGroup = false)
        void manual(ConsumerRecord<String, String> record, Acknowledgment acknowledgment) {
            seen.handle("manual", record);
            acknowledgment.acknowledge();
        }

        @KafkaListener(
                id = "immediate",
                topics = "${test.topic}-immediate",
                containerFactory = "immediate",
                idIsGroup = false)
        void immediate(ConsumerRecord<String, String> record, Acknowledgment acknowledgment) {
            seen.handle("immediate", record);
            acknowledgment.acknowledge();
        }

        @KafkaListener(
                id = "async",
                topics = "${test.topic}-async",
                containerFactory = "async",
                groupId = "${test.topic}-async")
        void async(ConsumerRecord<String, String> record, Acknowledgment acknowledgment) {
            seen.handle("async", record);
            if (record.value().equals("slow")) {
                seen.slow = acknowledgment;
            } else {
                acknowledgment.acknowledge();
            }
        }

        @KafkaListener(
                id = "async-batch",
                topics = "${test.topic}-async-batch",
                containerFactory = "async",
                batch = "true",
                groupId = "${test.topic}-async-batch")
        void asyncBatch(List<ConsumerRecord<String, String>> records, Acknowledgment acknowledgment) {
            for (ConsumerRecord<String, String> record : records) {
                try {
                    seen.handle("async-batch", record);
                } catch (RuntimeException ex) {
                    throw new BatchListenerFailedException("one of them", ex, record);
                }
            }
            acknowledgment.acknowledge();
        }

        @KafkaListener(id = "future", topics = "${test.topic}-future", groupId = "${test.topic}-future")
        CompletableFuture<Void> future(ConsumerRecord<String, String> record) {
            seen.handle("future", record);
            return CompletableFuture.runAsync(() -> {
                if (record.value().equals("fails late")) {
                    throw new IllegalStateException("late");
                }
                if (record.value().equals("finds it down")) {
                    throw new DependencyDownException("stock");
                }
            });
        }

        @KafkaListener(topics = "${test.topic}-nameless", groupId = "${test.topic}")
        void nameless(ConsumerRecord<String, String> record) {
            seen.handle("nameless", record);
        }

        @KafkaListener(id = "own", topics = "${test.topic}-own", containerFactory = "own", idIsGroup = false)
        void own(ConsumerRecord<String, String> record) {
            seen.handle("own", record);
        }

        @KafkaListener(id = "tx", topics = "${test.topic}-tx", containerFactory = "tx", idIsGroup = false)
        void transactional(ConsumerRecord<String, String> record) {
            seen.handle("tx", record);
        }

        @RetryableTopic(attempts = "2", backoff = @Backoff(delay = 100), kafkaTemplate = "plainTemplate")
        @KafkaListener(id = "retryable", topics = "${test.topic}-retryable", idIsGroup = false)
        void retryable(ConsumerRecord<String, String> record) {
            seen.handle("retryable", record);
        }

        @DltHandler
        void deadLetter(ConsumerRecord<String, String> record) {
            seen.handled.add("dlt:" + record.value());
        }
    }

    static class Later {

        @KafkaListener(id = "later", topics = "${test.topic}-later", idIsGroup = false)
        void handle(ConsumerRecord<String, String> record) {
            seen.handle("later", record);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @Bean
        Listeners listeners() {
            return new Listeners();
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> auto(
                ConsumerFactory<? super String, ? super String> consumers) {
            return manual("auto", AckMode.BATCH, consumers);
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> manual(
                ConsumerFactory<? super String, ? super String> consumers) {
            return manual("manual", AckMode.MANUAL, consumers);
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> immediate(
                ConsumerFactory<? super String, ? super String> consumers) {
            return manual("immediate", AckMode.MANUAL_IMMEDIATE, consumers);
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> async(
                ConsumerFactory<? super String, ? super String> consumers) {
            ConcurrentKafkaListenerContainerFactory<String, String> factory = factory(consumers);
            factory.getContainerProperties().setAckMode(AckMode.MANUAL);
            factory.getContainerProperties().setAsyncAcks(true);
            return factory;
        }

        private static ConcurrentKafkaListenerContainerFactory<String, String> manual(
                String name, AckMode mode, ConsumerFactory<? super String, ? super String> consumers) {
            ConcurrentKafkaListenerContainerFactory<String, String> factory = factory(consumers);
            factory.getContainerProperties().setAckMode(mode);
            factory.getContainerProperties().setConsumerRebalanceListener(new ConsumerAwareRebalanceListener() {

                @Override
                public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
                    seen.assigned.addAll(partitions);
                }
            });
            factory.setContainerCustomizer(
                    container -> container.getContainerProperties().setIdleBetweenPolls(1));
            factory.setRecordInterceptor(new RecordInterceptor<>() {

                @Override
                public ConsumerRecord<String, String> intercept(
                        ConsumerRecord<String, String> record, Consumer<String, String> consumer) {
                    seen.intercepted.put(name + ":" + record.value(), true);
                    return record.value().equals("left out") ? null : record;
                }

                @Override
                public void failure(
                        ConsumerRecord<String, String> record, Exception ex, Consumer<String, String> consumer) {
                    seen.failed.put(name + ":" + record.value(), true);
                }
            });
            return factory;
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> own(
                ConsumerFactory<? super String, ? super String> consumers) {
            ConcurrentKafkaListenerContainerFactory<String, String> factory = factory(consumers);
            CommonErrorHandler handler = new DefaultErrorHandler(new FixedBackOff(0, 1));
            factory.setCommonErrorHandler(handler);
            return factory;
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> tx(
                ConsumerFactory<? super String, ? super String> consumers, ProducerFactory<?, ?> producers) {
            ConcurrentKafkaListenerContainerFactory<String, String> factory = factory(consumers);
            factory.getContainerProperties().setKafkaAwareTransactionManager(new KafkaTransactionManager<>(producers));
            return factory;
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory(
                ConsumerFactory<? super String, ? super String> consumers) {
            return factory(consumers);
        }

        @Bean
        KafkaTemplate<String, String> plainTemplate() {
            return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(
                    world.kafka.clientConfig(), new StringSerializer(), new StringSerializer()));
        }

        private static ConcurrentKafkaListenerContainerFactory<String, String> factory(
                ConsumerFactory<? super String, ? super String> consumers) {
            ConcurrentKafkaListenerContainerFactory<String, String> factory =
                    new ConcurrentKafkaListenerContainerFactory<>();
            factory.setConsumerFactory(consumers);
            return factory;
        }
    }
}
