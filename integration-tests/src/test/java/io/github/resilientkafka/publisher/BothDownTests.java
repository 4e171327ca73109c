package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.github.resilientkafka.testing.LocalServer;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Kafka and the database are both away. H11, W4.
 */
@ExtendWith(OutputCaptureExtension.class)
class BothDownTests {

    private final LocalKafka kafka = LocalKafka.shared();

    static Stream<Named<Consumer<LocalServer>>> ways() {
        return Stream.of(Named.of("killed", LocalServer::kill), Named.of("frozen", LocalServer::freeze));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    @DisplayName(
            "H11: with broker and database down the future fails with both causes, loudly; both back, all recovers by itself")
    void bothDown(Consumer<LocalServer> way, CapturedOutput output) throws Exception {
        String topic = unique("both");
        this.kafka.createTopic(topic, 1);
        try (LocalPostgres postgres = LocalPostgres.launch();
                TestApplication application = TestApplication.on(this.kafka, postgres)
                        .database(postgres.createDatabase(unique("both")))
                        .with("resilient-kafka.publisher.timeout", "3s")
                        .start()) {
            EventPublisher publisher = application.publisher();
            assertThat(get(publisher.publish(topic, "k", "before")).outcome()).isEqualTo(Outcome.SENT);
            way.accept(postgres);
            way.accept(this.kafka);

            CompletableFuture<PublishResult> future = publisher.publish(topic, "k", "lost");
            assertThatThrownBy(() -> future.get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(EventNotStoredException.class, ex -> {
                        assertThat(ex.kafkaError()).isNotNull();
                        assertThat(ex.storeError()).isNotNull();
                        assertThat(ex).hasMessageContaining("Kafka: ").hasMessageContaining("Database: ");
                    });
            assertThat(lost(application)).isEqualTo(1);
            assertThat(publisher.getPublisherStats().lostEvents()).isEqualTo(1);
            assertThat(output).contains("ERROR").contains("LOST: Event ").contains(topic);
            assertThat(publisher.getPublisherStats().healthy()).isFalse();
            assertThat(application.health()).isEqualTo("DOWN");

            postgres.start();
            Awaitility.await("storing works again, nobody publishing")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> publisher.getPublisherStats().healthy());
            assertThat(application.health()).isEqualTo("DEGRADED");
            assertThat(get(publisher.publish(topic, "k", "stored")).outcome()).isEqualTo(Outcome.STORED);

            this.kafka.start();
            application.awaitCircuit("CLOSED", Duration.ofSeconds(30));
            application.awaitNoneLeft(Duration.ofSeconds(30));
            application.awaitSent(topic, "k", "after");
            assertThat(application.health()).isEqualTo("UP");
            assertThat(lost(application)).isEqualTo(1);
            assertThat(publisher.getPublisherStats().queuedEvents()).isZero();
            assertThat(publisher.getPublisherStats().queuedBytes()).isZero();
            assertThat(publisher.getPublisherStats().writer().threads())
                    .isNotEmpty()
                    .allSatisfy(thread -> assertThat(thread.alive()).isTrue());
            assertThat(Thread.getAllStackTraces().keySet())
                    .as("every thread works again")
                    .filteredOn(thread -> thread.getName().startsWith("resilient-kafka-relay-"))
                    .anySatisfy(thread -> assertThat(thread.isAlive()).isTrue());
        } finally {
            this.kafka.start();
        }
    }

    private static double lost(TestApplication application) {
        return application
                .context()
                .getBean(MeterRegistry.class)
                .get("kafka.events.lost")
                .counter()
                .count();
    }
}
