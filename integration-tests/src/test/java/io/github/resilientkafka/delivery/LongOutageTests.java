package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TestClock;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An outage of days costs no attempt and no event. W1, W2, W3.
 */
class LongOutageTests {

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    static Stream<Arguments> outages() {
        return Stream.of(
                Arguments.of(Named.<Consumer<LocalKafka>>of("killed", LocalKafka::kill)),
                Arguments.of(Named.<Consumer<LocalKafka>>of("frozen", LocalKafka::freeze)));
    }

    @ParameterizedTest(name = "broker {0}")
    @MethodSource("outages")
    @DisplayName(
            "W1 W3: an outage of ten days consumes no attempt, dead-letters nothing, and ends by itself with no caller present")
    void consumesNoAttempt(Consumer<LocalKafka> outage) throws Exception {
        String topic = unique("long");
        this.kafka.createTopic(topic, 3);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("long")))
                .sources(TestApplication.Minimal.class, TestClock.Configuration.class)
                .with("resilient-kafka.retry.interval", "200ms")
                .with("resilient-kafka.publisher.recovery-probe-interval", "100ms")
                .with("resilience4j.circuitbreaker.instances.kafka-publisher.wait-duration-in-open-state", "300ms")
                .start()) {
            TestClock clock = application.context().getBean(TestClock.class);
            EventPublisher publisher = application.publisher();
            get(publisher.publish(topic, "k", "before"));
            outage.accept(this.kafka);
            List<String> values = new ArrayList<>();
            for (int day = 0; day < 10; day++) {
                for (int i = 0; i < 20; i++) {
                    String value = day + "-" + i;
                    assertThat(get(publisher.publish(topic, "k" + i, value)).outcome())
                            .isEqualTo(Outcome.STORED);
                    values.add(value);
                }
                clock.advance(Duration.ofDays(1));
                application.retries().drainNow();
            }
            assertThat(application.rows(EventStatus.PENDING)).isEqualTo(200);
            assertThat(application.attempts()).isZero();

            this.kafka.start();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            application.awaitCircuit("CLOSED", Duration.ofSeconds(10));
            assertThat(application.attempts()).isZero();
            assertThat(application.rows(EventStatus.RESOLVED)).isEqualTo(200);
            assertThat(application.rows(EventStatus.DLQ) + application.rows(EventStatus.DLQ_FAILED))
                    .isZero();
            application.awaitSent(topic, "k", "after");
            Map<String, Long> found = TopicReader.values(TopicReader.readAll(this.kafka.clientConfig(), topic));
            assertThat(found).containsKeys(values.toArray(String[]::new));
        } finally {
            this.kafka.start();
        }
    }

    @ParameterizedTest(name = "broker {0}")
    @MethodSource("outages")
    @DisplayName("W2: with nothing stored and no caller present, the circuit closes by itself and direct sends return")
    void nothingStored(Consumer<LocalKafka> outage) throws Exception {
        String topic = unique("idle");
        this.kafka.createTopic(topic, 1);
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("idle")))
                .start()) {
            EventPublisher publisher = application.publisher();
            get(publisher.publish(topic, "k", "before"));
            outage.accept(this.kafka);
            assertThat(get(publisher.publish(topic, "k", "stored")).outcome()).isEqualTo(Outcome.STORED);
            application.jdbc().update("delete from failed_kafka_events");
            this.kafka.start();
            application.awaitCircuit("CLOSED", Duration.ofSeconds(30));
            assertThat(get(publisher.publish(topic, "k", "again")).outcome()).isEqualTo(Outcome.SENT);
        } finally {
            this.kafka.start();
        }
    }

    @Test
    @DisplayName(
            "P4: a broker that starts after the application is noticed when it listens, whatever the probe's interval")
    void brokerStartsLater() throws Exception {
        String topic = unique("later");
        this.kafka.createTopic(topic, 1);
        this.kafka.kill();
        try (TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("later")))
                .with("resilient-kafka.publisher.recovery-probe-interval", "1h")
                .start()) {
            application.awaitCircuit("OPEN", Duration.ofSeconds(30));
            for (int i = 0; i < 100; i++) {
                assertThat(get(application.publisher().publish(topic, "k", "v" + i))
                                .outcome())
                        .isEqualTo(Outcome.STORED);
            }
            this.kafka.start();
            application.awaitNoneLeft(Duration.ofSeconds(30));
            application.awaitCircuit("CLOSED", Duration.ofSeconds(10));
        } finally {
            this.kafka.start();
        }
    }
}
