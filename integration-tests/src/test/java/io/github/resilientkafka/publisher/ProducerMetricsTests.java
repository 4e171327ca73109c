package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Kafka's own metrics of our producers, as an application's registry has them. D6.
 */
class ProducerMetricsTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    @Test
    @DisplayName("D6: producer metrics count what is sent, and follow the producers through an outage")
    void throughAnOutage() throws Exception {
        String topic = unique("producer_metrics");
        this.kafka.createTopic(topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("producer_metrics")))
                .with("resilient-kafka.retry.interval", "200ms")
                .start()) {
            MeterRegistry meters = application.context().getBean(MeterRegistry.class);
            EventPublisher publisher = application.publisher();
            for (int i = 0; i < 20; i++) {
                assertThat(get(publisher.publish(topic, "k", "v" + i)).outcome())
                        .isEqualTo(Outcome.SENT);
            }
            assertThat(sent(meters, "publisher")).isEqualTo(20);
            assertThat(meters.get("kafka.producer.batch.size.avg")
                            .tag("spring.id", "resilientKafka.publisher")
                            .gauge()
                            .value())
                    .isPositive();

            this.kafka.freeze();
            assertThat(get(publisher.publish(topic, "k", "stored")).outcome()).isEqualTo(Outcome.STORED);
            await("the producer's metrics went with it").until(() -> ids(meters, "publisher"), List::isEmpty);
            this.kafka.thaw();
            application.awaitCircuit("CLOSED", Duration.ofSeconds(30));
            application.awaitNoneLeft(Duration.ofSeconds(30));
            assertThat(get(publisher.publish(topic, "k", "again")).outcome()).isEqualTo(Outcome.SENT);
            await().untilAsserted(() -> {
                assertThat(sent(meters, "publisher")).isPositive();
                assertThat(sent(meters, "relay")).isPositive();
            });
            assertThat(ids(meters, "publisher")).hasSize(1);
            assertThat(ids(meters, "relay")).hasSize(1);
        } finally {
            this.kafka.start();
        }
    }

    @Test
    @DisplayName("D6: no metric bears a topic's name")
    void noTopicNames() throws Exception {
        String topic = unique("named");
        this.kafka.createTopic(topic, 1);
        ProducerSettings settings =
                ProducerSettings.of(this.kafka.clientConfig(), Map.of("max.block.ms", "10000"), 1_000_000);
        try (Producer<byte[], byte[]> producer = settings.createProducer("metrics", PublisherObserver.NONE)) {
            producer.send(new ProducerRecord<>(topic, new byte[1])).get();
            assertThat(producer.metrics().keySet()).isNotEmpty().noneMatch(name -> name.tags()
                    .containsKey("topic"));
        }
    }

    private static double sent(MeterRegistry meters, String role) {
        return meters.get("kafka.producer.record.send.total")
                .tag("spring.id", "resilientKafka." + role)
                .functionCounter()
                .count();
    }

    private static List<String> ids(MeterRegistry meters, String role) {
        return meters
                .find("kafka.producer.record.send.total")
                .tag("spring.id", "resilientKafka." + role)
                .meters()
                .stream()
                .map(Meter::getId)
                .map(id -> id.getTag("client.id"))
                .toList();
    }
}
