package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * What an application can choose. W6, P6, P7.
 */
class PublisherOptionsTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("options");

    private TestApplication.Builder application() {
        this.kafka.createTopic(this.topic, 1);
        return TestApplication.on(this.kafka, this.postgres).database(this.postgres.createDatabase(unique("options")));
    }

    @AfterEach
    void brokerBack() {
        this.kafka.start();
    }

    @Test
    @DisplayName("W6: async=false returns completed futures, sent and stored")
    void synchronous() {
        try (TestApplication application =
                application().with("resilient-kafka.publisher.async", false).start()) {
            CompletableFuture<PublishResult> sent = application.publisher().publish(this.topic, "k", "v");
            assertThat(sent).isCompleted();
            assertThat(sent.join().outcome()).isEqualTo(Outcome.SENT);
            this.kafka.freeze();
            CompletableFuture<PublishResult> stored = application.publisher().publish(this.topic, "k", "v");
            assertThat(stored).isCompleted();
            assertThat(stored.join().outcome()).isEqualTo(Outcome.STORED);
            assertThat(application.publisher().getPublisherStats().asyncEnabled())
                    .isFalse();
        }
    }

    @Test
    @DisplayName("W6: async=false throws what the future would have failed with")
    void synchronousFailure() {
        try (TestApplication application = application()
                .with("resilient-kafka.publisher.async", false)
                .with("resilient-kafka.fallback.store-failures", false)
                .with("resilient-kafka.publisher.max-queue-bytes", "100KB")
                .start()) {
            this.kafka.freeze();
            assertThatThrownBy(() -> application.publisher().publish(this.topic, "k", "v"))
                    .isInstanceOf(EventNotStoredException.class);
            assertThatThrownBy(() -> application.publisher().publish(this.topic, "k", "x".repeat(200_000)))
                    .isInstanceOf(PublishQueueFullException.class);
        }
    }

    @Test
    @DisplayName(
            "W2: with retry.enabled=false on this instance rows stay, new events are the trials, direct sends return")
    void retryDisabled() throws Exception {
        try (TestApplication application =
                application().with("resilient-kafka.retry.enabled", false).start()) {
            this.kafka.freeze();
            assertThat(get(application.publisher().publish(this.topic, "k", "v"))
                            .outcome())
                    .isEqualTo(Outcome.STORED);
            this.kafka.thaw();
            application.awaitCircuit("CLOSED", Duration.ofSeconds(20));
            application.awaitSent(this.topic, "k", "v");
            assertThat(application.rows(EventStatus.PENDING)).isPositive();
        }
    }

    @Test
    @DisplayName("P7: beyond the bound publishing is refused at once with a clear error, and nothing accepted is lost")
    void queueFull() throws Exception {
        try (TestApplication application = application()
                .with("resilient-kafka.publisher.max-queue-bytes", "100KB")
                .start()) {
            EventPublisher publisher = application.publisher();
            get(publisher.publish(this.topic, "k", "warm-up"));
            this.kafka.freeze();
            List<CompletableFuture<PublishResult>> accepted = new ArrayList<>();
            AtomicReference<CompletableFuture<PublishResult>> refused = new AtomicReference<>();
            for (int i = 0; i < 1_000 && refused.get() == null; i++) {
                CompletableFuture<PublishResult> future =
                        publisher.publish(this.topic, "k", "event-" + i + "-" + "x".repeat(1_000));
                if (future.isCompletedExceptionally()) {
                    refused.set(future);
                } else {
                    accepted.add(future);
                }
            }
            assertThat(refused.get()).isNotNull();
            assertThatThrownBy(() -> get(refused.get()))
                    .cause()
                    .isInstanceOf(PublishQueueFullException.class)
                    .hasMessageContaining("resilient-kafka.publisher.max-queue-bytes");
            assertThat(application
                            .context()
                            .getBean(MeterRegistry.class)
                            .get("kafka.publish.errors")
                            .tag("type", "queue_full")
                            .counter()
                            .count())
                    .isEqualTo(1);
            for (CompletableFuture<PublishResult> future : accepted) {
                assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
            }
            assertThat(publisher.getPublisherStats().queuedBytes()).isZero();
            this.kafka.thaw();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            Map<String, Long> values = TopicReader.values(TopicReader.readAll(this.kafka.clientConfig(), this.topic));
            assertThat(values.keySet().stream().filter(value -> value.startsWith("event-")))
                    .hasSize(accepted.size());
        }
    }

    @Test
    @DisplayName(
            "P6: a ProducerRecreationPolicy of the application's own decides; kept, the producer delivers what it holds")
    void recreationPolicy() throws Exception {
        try (TestApplication application = application()
                .sources(TestApplication.Minimal.class, NeverRecreate.class)
                .start()) {
            EventPublisher publisher = application.publisher();
            get(publisher.publish(this.topic, "k", "warm-up"));
            this.kafka.freeze();
            CompletableFuture<PublishResult> inFlight = publisher.publish(this.topic, "k", "in flight");
            application.awaitCircuit("OPEN", Duration.ofSeconds(10));
            assertThat(application.context().getBean(NeverRecreate.class).asked.get())
                    .isInstanceOf(ProducerRecreationPolicy.StalledException.class);
            assertThat(inFlight).isNotDone();
            this.kafka.thaw();
            assertThat(get(inFlight).outcome()).isEqualTo(Outcome.SENT);
            application.awaitCircuit("CLOSED", Duration.ofSeconds(20));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class NeverRecreate {

        final AtomicReference<Throwable> asked = new AtomicReference<>();

        @Bean
        ProducerRecreationPolicy policy() {
            return error -> {
                this.asked.set(error);
                return false;
            };
        }
    }

    @Test
    @DisplayName(
            "P5 H11: a broker that cannot be reached, or whose name is unknown, does not keep the application from starting: events are stored")
    void unreachableAtTheStart() throws Exception {
        for (String address : List.of("127.0.0.1:1", "no-such-host.invalid:9092")) {
            try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                    .database(this.postgres.createDatabase(unique("unreachable")))
                    .with("spring.kafka.bootstrap-servers", address)
                    .start()) {
                Awaitility.await(address)
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> application.publisher().getPublisherStats().connectionState()
                                == ConnectionState.DISCONNECTED);
                assertThat(application.publisher().getPublisherStats().ready()).isFalse();
                double failures = application
                        .context()
                        .getBean(MeterRegistry.class)
                        .get("kafka.producer.init.failures")
                        .counter()
                        .count();
                assertThat(failures > 0).as("no producer without an address").isEqualTo(address.startsWith("no"));
                long start = System.nanoTime();
                assertThat(get(application.publisher().publish(this.topic, "k", "v"))
                                .outcome())
                        .isEqualTo(Outcome.STORED);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
                assertThat(application.publisher().getPublisherStats().healthy())
                        .isTrue();
            }
        }
    }
}
