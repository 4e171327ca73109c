package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

/**
 * The healthy path: our publisher beside a bare {@link KafkaTemplate} that sends the same bytes with a producer of the
 * same settings. Key, value and headers are given to the template as bytes, and it records no metrics; ours serialises
 * the key, makes the headers and records its own.
 */
final class PublishBenchmark implements Benchmark {

    private static final int EVENTS = 600_000;

    private final int threads;

    PublishBenchmark(int threads) {
        this.threads = threads;
    }

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int events = scale.of(EVENTS);
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers);
                Callers callers = new Callers(this.threads)) {
            application.awaitReady();
            EventPublisher publisher = application.publisher();
            List<Header> headers = headersOf(publisher, servers);
            SameProducer producer = new SameProducer(application.producerSettings());
            KafkaTemplate<byte[], byte[]> template = new KafkaTemplate<>(producer);
            try {
                Comparison<Usage> comparison = Comparison.interleaved(
                        scale.rounds(),
                        () -> ours(callers, events, publisher),
                        () -> reference(callers, events, template, headers));
                servers.requireRecords(2L * events * (scale.rounds() + 1) + 1);
                return figures(comparison);
            } finally {
                producer.destroy();
            }
        }
    }

    private static Usage ours(Callers callers, int events, EventPublisher publisher) throws Exception {
        return Usage.of(
                events,
                () -> callers.publish(
                        events,
                        event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                        PublishBenchmark::isSent));
    }

    private static boolean isSent(PublishResult result) {
        return result.outcome() == Outcome.SENT;
    }

    private static Usage reference(
            Callers callers, int events, KafkaTemplate<byte[], byte[]> template, List<Header> headers)
            throws Exception {
        return Usage.of(
                events,
                () -> callers.publish(
                        events,
                        event -> template.send(new ProducerRecord<>(
                                Servers.TOPIC, null, null, Events.keyBytes(event), Events.value(event), headers)),
                        result -> true));
    }

    /**
     * The headers that an event of ours arrives with.
     */
    private static List<Header> headersOf(EventPublisher publisher, Servers servers) throws Exception {
        PublishResult sent =
                publisher.publish(Servers.TOPIC, Events.key(0), Events.value(0)).get();
        if (!isSent(sent) || sent.partition() == null) {
            throw new IllegalStateException("The first event was not sent: " + sent);
        }
        Map<String, Object> config = servers.kafka().clientConfig();
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

    private List<Figure> figures(Comparison<Usage> comparison) {
        String setting = (this.threads == 1) ? "1 thread" : this.threads + " threads";
        String rate = "publish-" + setting.replace(' ', '-');
        return List.of(
                comparison.figure(rate, "healthy", "events/s", Target.atLeast(0.95), Usage::eventsPerSecond),
                comparison.figure("publish-cpu", setting, "µs/event", Target.atMost(1.12), Usage::cpuMicrosPerEvent),
                comparison.figure(
                        "publish-allocation", setting, "bytes/event", Target.atMost(1.6), Usage::bytesPerEvent));
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
