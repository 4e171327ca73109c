package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TestClock;
import io.github.resilientkafka.lifecycle.CircuitClosed;
import io.github.resilientkafka.lifecycle.CircuitHalfOpened;
import io.github.resilientkafka.lifecycle.CircuitOpened;
import io.github.resilientkafka.lifecycle.EventDeadLettered;
import io.github.resilientkafka.lifecycle.EventStored;
import io.github.resilientkafka.lifecycle.KafkaConnected;
import io.github.resilientkafka.lifecycle.KafkaDisconnected;
import io.github.resilientkafka.lifecycle.ResilientKafkaEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.EventSerializationException;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/**
 * What health, metrics and application events say through an outage. W8, W6, W7.
 */
class MetricsThroughOutageTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    @Configuration(proxyBeanMethods = false)
    static class Listener {

        final ConcurrentLinkedQueue<ResilientKafkaEvent> events = new ConcurrentLinkedQueue<>();

        @EventListener
        void on(ResilientKafkaEvent event) {
            this.events.add(event);
        }

        boolean saw(Class<? extends ResilientKafkaEvent> type) {
            return this.events.stream().anyMatch(type::isInstance);
        }
    }

    @Test
    @DisplayName("W8 W6 W7: every metric, health and application event tells the truth before, in and after an outage")
    void truth() throws Exception {
        String topic = unique("metrics");
        this.kafka.createTopic(topic, 1, Map.of("max.message.bytes", "2000"));
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("metrics")))
                .sources(TestApplication.Minimal.class, TestClock.Configuration.class, Listener.class)
                .with("resilient-kafka.retry.interval", "200ms")
                .with("resilient-kafka.retry.max-attempts", "1")
                .start()) {
            EventPublisher publisher = application.publisher();
            MeterRegistry meters = application.context().getBean(MeterRegistry.class);
            Listener listener = application.context().getBean(Listener.class);

            for (int i = 0; i < 20; i++) {
                assertThat(get(publisher.publish(topic, "k", "direct" + i)).outcome())
                        .isEqualTo(Outcome.SENT);
            }
            assertThat(count(meters, "kafka.events.published", "status", "success"))
                    .isEqualTo(20);
            assertThat(count(meters, "kafka.events.published", "status", "error"))
                    .isZero();
            assertThat(meters.get("kafka.publish.latency").timer().count()).isEqualTo(20);
            assertThat(gauge(meters, "kafka.circuit_breaker.open")).isZero();
            assertThat(gauge(meters, "kafka.publish.queue.bytes")).isZero();
            assertThat(gauge(meters, "kafka.publish.lanes.diverted")).isZero();
            assertThat(application.health()).isEqualTo("UP");
            Awaitility.await().until(() -> listener.saw(KafkaConnected.class));
            assertThat(gauge(meters, "kafka.connections")).isEqualTo(1);
            assertThat(publisher.getPublisherStats().ready()).isTrue();

            assertThatThrownBy(() -> publisher.publish(topic, "k", new Object()))
                    .isInstanceOf(EventSerializationException.class)
                    .hasMessageContaining("spring.kafka.producer.value-serializer")
                    .hasMessageContaining("JsonSerializer");
            assertThat(count(meters, "kafka.publish.errors", "type", "serialization"))
                    .isEqualTo(1);

            this.kafka.freeze();
            List<CompletableFuture<PublishResult>> inFlight = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                inFlight.add(publisher.publish(topic, "k", "failed-over" + i));
            }
            assertThat(gauge(meters, "kafka.publish.queue.bytes")).isPositive();
            assertThat(publisher.getPublisherStats().queuedEvents()).isEqualTo(10);
            for (CompletableFuture<PublishResult> future : inFlight) {
                assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
            }
            assertThat(get(publisher.publish(topic, "k", "while open")).outcome())
                    .isEqualTo(Outcome.STORED);
            assertThat(gauge(meters, "kafka.publish.queue.bytes")).isZero();
            assertThat(gauge(meters, "kafka.publish.lanes.diverted")).isOne();
            assertThat(count(meters, "kafka.events.published", "status", "success"))
                    .isEqualTo(20);
            assertThat(count(meters, "kafka.events.published", "status", "error"))
                    .isEqualTo(11);
            assertThat(count(meters, "kafka.publish.errors", "type", "outage")).isEqualTo(11);
            assertThat(count(meters, "kafka.events.stored_for_retry")).isEqualTo(11);
            assertThat(gauge(meters, "kafka.circuit_breaker.open")).isEqualTo(1);
            assertThat(gauge(meters, "kafka.connections")).isZero();
            assertThat(application.health()).isEqualTo("DEGRADED");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> gauge(meters, "kafka.retry.pending"), pending -> pending == 11);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> gauge(meters, "kafka.retry.oldest.age"), age -> age > 0);
            assertThat(application.retries().getRetryStats().pending()).isEqualTo(11);
            assertThat(application.retries().getRetryStats().pendingExact()).isTrue();
            assertThat(application.retries().getRetryStats().oldestPending()).isNotNull();
            assertThat(publisher.getPublisherStats().lastError()).contains("No acknowledgement");
            Awaitility.await().untilAsserted(() -> assertThat(listener.events)
                    .anySatisfy(event -> assertThat(event).isInstanceOf(CircuitOpened.class))
                    .anySatisfy(event -> assertThat(event).isInstanceOf(KafkaDisconnected.class))
                    .anySatisfy(event -> assertThat(event).isInstanceOf(EventStored.class)));

            this.kafka.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            application.awaitCircuit("CLOSED", Duration.ofSeconds(15));
            Awaitility.await().until(() -> count(meters, "kafka.retry.success") == 11);
            Awaitility.await().until(() -> gauge(meters, "kafka.publish.lanes.diverted") == 0);
            assertThat(gauge(meters, "kafka.connections")).isEqualTo(1);
            assertThat(count(meters, "kafka.retry.failed"))
                    .as("an outage is no attempt")
                    .isZero();
            assertThat(gauge(meters, "kafka.circuit_breaker.open")).isZero();
            assertThat(application.health()).isEqualTo("UP");
            Awaitility.await().until(() -> listener.saw(CircuitHalfOpened.class) && listener.saw(CircuitClosed.class));
            assertThat(application.retries().getRetryStats().resolved()).isEqualTo(11);

            assertThat(get(publisher.publish(topic, "k", "x".repeat(5_000))).outcome())
                    .isEqualTo(Outcome.STORED);
            assertThat(count(meters, "kafka.publish.errors", "type", "record")).isEqualTo(1);
            application.context().getBean(TestClock.class).advance(Duration.ofMinutes(1));
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> application.rows(EventStatus.DLQ) == 1);
            Awaitility.await().until(() -> count(meters, "kafka.dlq.sent") == 1);
            assertThat(count(meters, "kafka.retry.failed")).isEqualTo(1);
            Awaitility.await().until(() -> listener.saw(EventDeadLettered.class));
            assertThat(application.retries().getRetryStats().dlq()).isEqualTo(1);
            assertThat(count(meters, "kafka.events.lost")).isZero();
        } finally {
            this.kafka.start();
        }
    }

    @Test
    @DisplayName(
            "W4: with store-failures=false what Kafka cannot take is lost, counted, and health is DOWN while the circuit is open")
    void storingSwitchedOff() throws Exception {
        String topic = unique("nostore");
        this.kafka.createTopic(topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("nostore")))
                .with("resilient-kafka.fallback.store-failures", "false")
                .start()) {
            EventPublisher publisher = application.publisher();
            assertThat(get(publisher.publish(topic, "k", "direct")).outcome()).isEqualTo(Outcome.SENT);
            this.kafka.freeze();
            CompletableFuture<PublishResult> lost = publisher.publish(topic, "k", "lost");
            assertThatThrownBy(() -> get(lost)).hasMessageContaining("store-failures=false");
            assertThat(publisher.getPublisherStats().lostEvents()).isEqualTo(1);
            assertThat(publisher.getPublisherStats().storeFailures()).isFalse();
            assertThat(count(application.context().getBean(MeterRegistry.class), "kafka.events.lost"))
                    .isEqualTo(1);
            assertThat(application.health()).isEqualTo("DOWN");
            this.kafka.thaw();
            application.awaitCircuit("CLOSED", Duration.ofSeconds(15));
            assertThat(get(publisher.publish(topic, "k", "direct again")).outcome())
                    .isEqualTo(Outcome.SENT);
            assertThat(application.health()).isEqualTo("UP");
        } finally {
            this.kafka.start();
        }
    }

    private static double count(MeterRegistry meters, String name, String... tags) {
        return meters.get(name).tags(tags).counter().count();
    }

    private static double gauge(MeterRegistry meters, String name) {
        return meters.get(name).gauge().value();
    }
}
