package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.support.SendResult;

/**
 * The reference of the healthy path: a {@link KafkaTemplate} that sends the bytes of our events with a producer of the
 * same settings. Key, value and headers are given to it as bytes, and it records no metrics unless told to; our publisher
 * serialises the key, makes the headers and records its own.
 */
final class BareTemplate implements AutoCloseable {

    private final SameProducer producers;

    private final KafkaTemplate<byte[], byte[]> template;

    private final List<Header> headers;

    private BareTemplate(SameProducer producers, List<Header> headers) {
        this.producers = producers;
        this.template = new KafkaTemplate<>(producers);
        this.headers = headers;
    }

    /**
     * Makes one. An event is published, to see its headers.
     */
    static BareTemplate beside(Application application) throws Exception {
        return new BareTemplate(
                new SameProducer(application.producerSettings()),
                headersOf(application.publisher(), application.bootstrapServers()));
    }

    /**
     * Has it record what the template records that Spring Boot makes in an application with Actuator: a timer.
     */
    BareTemplate timed(Application application) {
        this.template.setBeanName("reference");
        this.template.setApplicationContext(application.context());
        this.template.afterSingletonsInstantiated();
        return this;
    }

    CompletableFuture<SendResult<byte[], byte[]>> send(int event) {
        return this.template.send(new ProducerRecord<>(
                Servers.TOPIC, null, null, Events.keyBytes(event), Events.value(event), this.headers));
    }

    /**
     * The headers that an event of ours arrives with.
     */
    private static List<Header> headersOf(EventPublisher publisher, String bootstrapServers) throws Exception {
        PublishResult sent =
                publisher.publish(Servers.TOPIC, Events.key(0), Events.value(0)).get();
        if (sent.outcome() != Outcome.SENT || sent.partition() == null) {
            throw new IllegalStateException("The first event was not sent: " + sent);
        }
        Map<String, Object> config = Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(Servers.TOPIC, sent.partition());
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            ConsumerRecord<byte[], byte[]> record =
                    consumer.poll(Duration.ofSeconds(10)).records(partition).get(0);
            // Copied: those of a consumed record are decoded when they are first used, by one thread at a time.
            return Stream.of(record.headers().toArray())
                    .<Header>map(header -> new RecordHeader(header.key(), header.value()))
                    .toList();
        }
    }

    @Override
    public void close() {
        this.producers.destroy();
    }

    /**
     * Makes producers with the settings of our own.
     */
    private static final class SameProducer extends DefaultKafkaProducerFactory<byte[], byte[]> {

        private final ProducerSettings settings;

        SameProducer(ProducerSettings settings) {
            super(Map.of());
            this.settings = settings;
        }

        @Override
        protected Producer<byte[], byte[]> createRawProducer(Map<String, Object> configs) {
            return this.settings.createProducer("reference", PublisherObserver.NONE);
        }
    }
}
