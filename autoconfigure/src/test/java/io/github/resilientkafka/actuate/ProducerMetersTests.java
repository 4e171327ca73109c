package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Micrometer's Kafka client metrics of our producers, with producers as they are but no broker (row D6).
 */
class ProducerMetersTests {

    private static final String METER = "kafka.producer.record.send.total";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private final ProducerMeters meters = new ProducerMeters(this.registry);

    @AfterEach
    void close() {
        this.meters.close();
    }

    @Test
    @DisplayName("D6: a producer's metrics are there while it lives, told apart by spring.id, with few tags")
    void boundAndUnbound() {
        this.registry.config().commonTags("region", "eu");
        Producer<?, ?> publisher = producer("resilient-kafka-publisher-1");
        Producer<?, ?> relay = producer("resilient-kafka-relay-1");
        this.meters.bind("publisher", publisher);
        this.meters.bind("relay", relay);
        await().untilAsserted(() -> assertThat(this.registry.find(METER).meters())
                .extracting(meter -> meter.getId().getTag("spring.id"))
                .containsExactlyInAnyOrder("resilientKafka.publisher", "resilientKafka.relay"));
        assertThat(this.registry.get(METER).meters())
                .allSatisfy(meter -> assertThat(meter.getId().getTags())
                        .extracting(Tag::getKey)
                        .containsExactlyInAnyOrder("client.id", "kafka.version", "region", "spring.id"));
        assertThat(List.of(
                        "record.send.rate",
                        "outgoing.byte.rate",
                        "batch.size.avg",
                        "records.per.request.avg",
                        "compression.rate.avg",
                        "record.retry.rate",
                        "record.error.rate",
                        "request.latency.avg",
                        "record.queue.time.avg",
                        "buffer.available.bytes"))
                .as("the meters of docs/operations.md")
                .allSatisfy(name -> assertThat(
                                this.registry.get("kafka.producer." + name).gauges())
                        .hasSize(2));

        this.meters.unbind(relay);
        await().untilAsserted(
                        () -> assertThat(this.registry.getMeters()).isNotEmpty().allSatisfy(meter -> assertThat(
                                        meter.getId().getTag("spring.id"))
                                .isEqualTo("resilientKafka.publisher")));
        this.meters.close();
        await().untilAsserted(() -> assertThat(this.registry.getMeters()).isEmpty());
        publisher.close(Duration.ZERO);
        relay.close(Duration.ZERO);
    }

    @Test
    @DisplayName("D6: 1,000 recreations leave no meter and no thread behind")
    void noLeak() {
        MockProducer<?, ?> last = null;
        for (int i = 0; i < 1_000; i++) {
            if (last != null) {
                this.meters.unbind(last);
            }
            last = mockProducer();
            this.meters.bind("publisher", last);
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(this.registry.getMeters()).hasSize(1));
        await().untilAsserted(() -> assertThat(binderThreads()).hasSize(1));
        this.meters.unbind(last);
        await().untilAsserted(() -> assertThat(this.registry.getMeters()).isEmpty());
        await().untilAsserted(() -> assertThat(binderThreads()).isEmpty());
    }

    @Test
    @DisplayName("Guest: producers that the application has bound itself, with fewer tags, keep their meters")
    void theApplicationsOwnMetersStay() {
        Producer<?, ?> theirs = producer("theirs");
        try (KafkaClientMetrics bound = new KafkaClientMetrics(theirs)) {
            bound.bindTo(this.registry);
            List<Meter> before = this.registry.getMeters();
            Producer<?, ?> ours = producer("ours");
            this.meters.bind("publisher", ours);
            await().until(() -> this.registry.find(METER).meters().size() == 2);
            this.meters.unbind(ours);
            await().untilAsserted(
                            () -> assertThat(this.registry.getMeters()).containsExactlyInAnyOrderElementsOf(before));
            ours.close(Duration.ZERO);
        }
        theirs.close(Duration.ZERO);
    }

    @Test
    @DisplayName("Guest: Prometheus shows them beside those that Spring Kafka binds for the application's producers")
    void prometheusTakesBoth() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Producer<?, ?> theirs = producer("theirs");
        Producer<?, ?> ours = producer("resilient-kafka-publisher-1");
        try (ProducerMeters meters = new ProducerMeters(prometheus);
                KafkaClientMetrics bound =
                        new KafkaClientMetrics(theirs, Tags.of("spring.id", "kafkaProducerFactory.theirs"))) {
            bound.bindTo(prometheus);
            meters.bind("publisher", ours);
            await().untilAsserted(() -> assertThat(prometheus.scrape().lines())
                    .filteredOn(line -> line.startsWith("kafka_producer_record_send_total{"))
                    .hasSize(2)
                    .anyMatch(line -> line.contains("spring_id=\"resilientKafka.publisher\"")));
        }
        theirs.close(Duration.ZERO);
        ours.close(Duration.ZERO);
    }

    @Test
    @DisplayName("A registry that hangs delays nobody who creates or closes a producer")
    void aSlowRegistryIsNotWaitedFor() throws Exception {
        CountDownLatch hang = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        this.registry.config().onMeterAdded(meter -> {
            asked.countDown();
            awaitQuietly(hang);
        });
        Producer<?, ?> producer = producer("resilient-kafka-publisher-1");
        this.meters.bind("publisher", producer);
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        this.meters.unbind(producer);
        this.meters.close();
        hang.countDown();
        await().untilAsserted(() -> assertThat(this.registry.getMeters()).isEmpty());
        producer.close(Duration.ZERO);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private static Producer<?, ?> producer(String clientId) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", "127.0.0.1:1", "client.id", clientId, "reconnect.backoff.ms", 60_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static MockProducer<?, ?> mockProducer() {
        MockProducer<?, ?> producer = new MockProducer<>();
        Map<String, String> tags = Map.of("client-id", "resilient-kafka-publisher-1");
        MetricName name = new MetricName("record-send-total", "producer-metrics", "", tags);
        KafkaMetric metric = new KafkaMetric(
                new Object(), name, (Gauge<Double>) (config, now) -> 1.0, new MetricConfig(), Time.SYSTEM);
        producer.setMockMetrics(name, metric);
        return producer;
    }

    private static List<Thread> binderThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("micrometer-kafka-metrics"))
                .toList();
    }
}
