package io.github.resilientkafka.guest;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;

/**
 * Applications that produce in their own ways, on a real broker. DESIGN §8.
 */
@Tag("unhurried")
class KafkaGuestApplicationTests {

    private static final String OBJECTS = "spring.kafka.producer.properties.";

    private static final String BYTES = "resilient-kafka.publisher.properties.";

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("guest");

    private final String topicOfTemplate = unique("template");

    private TestApplication.Builder application() {
        this.kafka.createTopic(this.topic, 3);
        this.kafka.createTopic(this.topicOfTemplate, 3);
        return TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("guest")))
                .with(BYTES + "max.block.ms", 20_000); // a first send on a busy machine is to be sent, not stored
    }

    @AfterEach
    void brokerBack() {
        this.kafka.start();
    }

    @Test
    @DisplayName("own KafkaTemplate and serializer instances: the template stays the only one, the instances are used")
    void ownTemplate() throws Exception {
        try (TestApplication application =
                application().sources(OwnTemplate.class).start()) {
            Marking serializer = application.context().getBean(Marking.class);
            KafkaTemplate<?, ?> template = application.context().getBean(KafkaTemplate.class);
            assertThat(template).isSameAs(application.context().getBean("mine"));
            application
                    .context()
                    .getBean(OwnTemplate.class)
                    .send(application.context(), this.topicOfTemplate, "by template");
            assertThat(get(application.publisher().publish(this.topic, "k", "direct"))
                            .outcome())
                    .isEqualTo(Outcome.SENT);
            this.kafka.freeze();
            assertThat(get(application.publisher().publish(this.topic, "k", "stored"))
                            .outcome())
                    .isEqualTo(Outcome.STORED);
            this.kafka.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(30));

            assertThat(values(this.topic)).containsOnly("<direct>", "<stored>");
            assertThat(values(this.topicOfTemplate)).containsExactly("<by template>");
            assertThat(serializer.calls).hasValue(3);
            assertThat(Marking.INSTANCES)
                    .as("none made beside the application's")
                    .hasValue(1);
        }
    }

    @Test
    @DisplayName("transactional producer factory: our events need no transaction, and are not undone by one")
    void transactions() throws Exception {
        try (TestApplication application = application()
                .with("spring.kafka.producer.transaction-id-prefix", unique("tx"))
                .start()) {
            EventPublisher publisher = application.publisher();
            KafkaTemplate<Object, Object> template = template(application);
            Map<String, Object> committed = new HashMap<>(this.kafka.clientConfig());
            committed.put("isolation.level", "read_committed");

            template.executeInTransaction(operations -> {
                operations.send(this.topicOfTemplate, "k", "committed");
                assertThat(published(publisher, "beside a transaction").outcome())
                        .isEqualTo(Outcome.SENT);
                assertThat(TopicReader.values(TopicReader.readAll(committed, this.topic)))
                        .as("visible while the transaction is open")
                        .containsOnlyKeys("beside a transaction");
                return true;
            });
            assertThatThrownBy(() -> template.executeInTransaction(operations -> {
                        operations.send(this.topicOfTemplate, "k", "aborted");
                        published(publisher, "beside an aborted one");
                        throw new IllegalStateException("no");
                    }))
                    .isInstanceOf(IllegalStateException.class);
            published(publisher, "without one");

            assertThat(TopicReader.values(TopicReader.readAll(committed, this.topic)))
                    .containsOnlyKeys("beside a transaction", "beside an aborted one", "without one");
            assertThat(TopicReader.values(TopicReader.readAll(committed, this.topicOfTemplate)))
                    .containsOnlyKeys("committed");
        }
    }

    @Test
    @DisplayName("own interceptor and partitioner: the template's see objects, those named for the publisher see bytes")
    void interceptorAndPartitioner() throws Exception {
        try (TestApplication application = application()
                .with(OBJECTS + "interceptor.classes", OfObjects.class.getName())
                .with(OBJECTS + "partitioner.class", OfObjects.class.getName())
                .with(BYTES + "interceptor.classes", OfBytes.class.getName())
                .with(BYTES + "partitioner.class", OfBytes.class.getName())
                .start()) {
            template(application).send(this.topicOfTemplate, "k", "1").get(30, TimeUnit.SECONDS);
            PublishResult sent = get(application.publisher().publish(this.topic, "k", "1"));

            assertThat(OfObjects.SEEN).containsExactly(String.class);
            assertThat(OfBytes.SEEN).containsExactly(byte[].class);
            assertThat(TopicReader.readAll(this.kafka.clientConfig(), this.topicOfTemplate))
                    .singleElement()
                    .satisfies(record -> assertThat(record.partition()).isEqualTo(1));
            assertThat(sent.partition()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("enabled=false: the application's Kafka works; no table and no thread of ours")
    void disabled() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (TestApplication application =
                application().with("resilient-kafka.enabled", false).start()) {
            template(application).send(this.topicOfTemplate, "k", "v").get(30, TimeUnit.SECONDS);

            assertThat(values(this.topicOfTemplate)).containsExactly("v");
            assertThat(application
                            .context()
                            .getBeanProvider(EventPublisher.class)
                            .getIfAvailable())
                    .isNull();
            assertThat(application.jdbc().queryForObject("select to_regclass('failed_kafka_events')", String.class))
                    .isNull();
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> !before.contains(thread))
                    .extracting(Thread::getName)
                    .noneMatch(name -> name.contains("resilient-kafka"));
        }
    }

    @Test
    @DisplayName("spring.threads.virtual.enabled (inert before Java 21): published from the application's threads")
    void virtualThreads() throws Exception {
        try (TestApplication application =
                application().with("spring.threads.virtual.enabled", true).start()) {
            Set<Boolean> virtual = ConcurrentHashMap.newKeySet();
            Executor executor = application.context().getBean("applicationTaskExecutor", Executor.class);
            List<CompletableFuture<PublishResult>> published = IntStream.range(0, 200)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> {
                                virtual.add(isVirtual(Thread.currentThread()));
                                return published(application.publisher(), "v" + i);
                            },
                            executor))
                    .toList();
            for (var each : published) {
                assertThat(get(each).outcome()).isEqualTo(Outcome.SENT);
            }
            assertThat(virtual).containsExactly(Runtime.version().feature() >= 21);
            assertThat(values(this.topic)).hasSize(200);
        }
    }

    private static boolean isVirtual(Thread thread) {
        try {
            return (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
        } catch (NoSuchMethodException ex) {
            return false;
        } catch (ReflectiveOperationException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private PublishResult published(EventPublisher publisher, String value) {
        return publisher
                .publish(this.topic, "k", value)
                .orTimeout(60, TimeUnit.SECONDS)
                .join();
    }

    @SuppressWarnings("unchecked")
    private static KafkaTemplate<Object, Object> template(TestApplication application) {
        return application.context().getBean(KafkaTemplate.class);
    }

    private List<String> values(String name) {
        return TopicReader.readAll(this.kafka.clientConfig(), name).stream()
                .map(record -> TopicReader.text(record.value()))
                .toList();
    }

    /**
     * An application that leaves nothing of producing to Spring Boot.
     */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class OwnTemplate {

        @Bean
        Marking serializer() {
            return new Marking();
        }

        @Bean
        ProducerFactory<String, Object> factory(Marking serializer, Environment environment) {
            return new DefaultKafkaProducerFactory<>(
                    Map.of("bootstrap.servers", environment.getRequiredProperty("spring.kafka.bootstrap-servers")),
                    new StringSerializer(),
                    serializer);
        }

        @Bean
        KafkaTemplate<String, Object> mine(ProducerFactory<String, Object> factory) {
            return new KafkaTemplate<>(factory);
        }

        @SuppressWarnings("unchecked")
        void send(ApplicationContext context, String topic, Object value) throws Exception {
            ((KafkaTemplate<String, Object>) context.getBean("mine", KafkaTemplate.class))
                    .send(topic, "k", value)
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /**
     * A serializer that has no constructor for others.
     */
    static final class Marking implements Serializer<Object> {

        static final AtomicInteger INSTANCES = new AtomicInteger();

        final AtomicInteger calls = new AtomicInteger();

        private Marking() {
            INSTANCES.incrementAndGet();
        }

        @Override
        public byte[] serialize(String topic, Object data) {
            this.calls.incrementAndGet();
            return ("<" + data + ">").getBytes(StandardCharsets.UTF_8);
        }
    }

    /**
     * Understands strings only: the second partition is meant for "1".
     */
    public static class OfObjects implements Partitioner, ProducerInterceptor<Object, Object> {

        static final Set<Class<?>> SEEN = ConcurrentHashMap.newKeySet();

        @Override
        public ProducerRecord<Object, Object> onSend(ProducerRecord<Object, Object> record) {
            SEEN.add(record.value().getClass());
            return record;
        }

        @Override
        public int partition(
                String topic, Object key, byte[] keyBytes, Object value, byte[] valueBytes, Cluster cluster) {
            return Integer.parseInt((String) value);
        }

        @Override
        public void onAcknowledgement(RecordMetadata metadata, Exception exception) {}

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    /**
     * Understands bytes only: everything goes to the last partition.
     */
    public static class OfBytes implements Partitioner, ProducerInterceptor<byte[], byte[]> {

        static final Set<Class<?>> SEEN = ConcurrentHashMap.newKeySet();

        @Override
        public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
            SEEN.add(record.value().getClass());
            return record;
        }

        @Override
        public int partition(
                String topic, Object key, byte[] keyBytes, Object value, byte[] valueBytes, Cluster cluster) {
            return cluster.partitionCountForTopic(topic) - 1;
        }

        @Override
        public void onAcknowledgement(RecordMetadata metadata, Exception exception) {}

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }
}
