package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.KeyOrder;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The order of a key, in health, outage, recovery and restart, with several keys in each lane. W5.
 */
class OrderTests {

    private static final int THREADS = 4;

    private static final int KEYS = 100;

    private static final int EVENTS_PER_SECOND = 2_000;

    private static final Duration RECOVERY = Duration.ofSeconds(30);

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    private final String database = this.postgres.createDatabase(unique("order"));

    @BeforeEach
    void createTopic() {
        this.kafka.start();
        this.kafka.createTopic(this.topic, 6);
    }

    static Stream<Named<Consumer<LocalKafka>>> outages() {
        return Stream.of(Named.of("killed", LocalKafka::kill), Named.of("frozen", LocalKafka::freeze));
    }

    @ParameterizedTest(name = "broker {0}")
    @MethodSource("outages")
    @DisplayName(
            "W5: through an outage, and back to direct sending under 2,000 events a second, no event overtakes another of"
                    + " its key")
    void throughAnOutage(Consumer<LocalKafka> outage) throws Exception {
        try (TestApplication application = application().start();
                SteadyLoad load = load(application, "a")) {
            load.awaitEvents(2 * EVENTS_PER_SECOND);
            outage.accept(this.kafka);
            load.awaitStored();
            load.awaitEvents(3 * EVENTS_PER_SECOND);
            this.kafka.start();
            long answered = System.nanoTime();
            load.awaitAllSent(RECOVERY);
            System.out.printf(
                    "all sent directly again %d ms after the broker answered%n",
                    Duration.ofNanos(System.nanoTime() - answered).toMillis());
            load.awaitEvents(EVENTS_PER_SECOND);
            Set<String> durable = load.stop();
            System.out.printf("%d sent, %d stored%n", load.count(Outcome.SENT), load.count(Outcome.STORED));
            application.awaitNoneLeft(RECOVERY);
            assertInOrder(durable);
        }
    }

    @Test
    @DisplayName("W5: an application restarted in mid-outage keeps the order of both its lives")
    void restartInMidOutage() throws Exception {
        Set<String> durable = new HashSet<>();
        try (TestApplication first = application().start();
                SteadyLoad load = load(first, "a")) {
            load.awaitEvents(EVENTS_PER_SECOND);
            this.kafka.kill();
            load.awaitStored();
            durable.addAll(load.stop());
        }
        int lastNumber = durable.stream()
                .mapToInt(value -> Integer.parseInt(value.substring(value.lastIndexOf('-') + 1)))
                .max()
                .orElseThrow();
        try (TestApplication second = application().start()) {
            // The first events of the second life find a healthy Kafka, and rows of the first life.
            this.kafka.start();
            List<String> keys = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                for (int key = 0; key < KEYS; key++) {
                    keys.add("a" + thread + "-key-" + key);
                }
            }
            for (String key : keys) {
                String value = key.substring(0, key.indexOf('-')) + "-" + ++lastNumber;
                get(second.publisher().publish(this.topic, key, value));
                durable.add(value);
            }
            second.awaitNoneLeft(RECOVERY);
            assertInOrder(durable);
        }
    }

    @Test
    @DisplayName(
            "W5: an instance learns within about a second that another one has stored events, and stores behind them")
    void twoInstances() throws Exception {
        try (TestApplication storing = application().start();
                TestApplication sending = application().start()) {
            get(storing.publisher().publish(this.topic, "k", "storing-0"));
            get(sending.publisher().publish(this.topic, "k", "sending-0"));
            // No relay delivers the row before the other instance's gate has seen it.
            sending.jdbc()
                    .update("update kafka_lane set owner = 'test', epoch = epoch + 1,"
                            + " expires_at = now() + interval '1 hour'");
            storing.context()
                    .getBean(CircuitBreakerRegistry.class)
                    .circuitBreaker(PublisherCircuit.NAME)
                    .transitionToForcedOpenState();
            assertThat(get(storing.publisher().publish(this.topic, "k", "storing-1"))
                            .outcome())
                    .isEqualTo(Outcome.STORED);
            long stored = System.nanoTime();
            int number = 0;
            PublishResult result;
            Duration bound;
            do {
                result = get(sending.publisher().publish(this.topic, "k", "sending-" + ++number));
                bound = Duration.ofNanos(System.nanoTime() - stored);
                assertThat(bound).isLessThan(Duration.ofSeconds(3));
            } while (result.outcome() == Outcome.SENT);
            System.out.printf("the other instance learned within %d ms, %d events%n", bound.toMillis(), number - 1);
            assertThat(result.outcome()).isEqualTo(Outcome.STORED);
            assertThat(sending.rows(EventStatus.PENDING)).isEqualTo(2);
            sending.jdbc().update("update kafka_lane set owner = null, expires_at = now()");
            sending.retries().drainNow();
            sending.awaitNoneLeft(RECOVERY);
            List<String> values = records().stream()
                    .map(record -> TopicReader.text(record.value()))
                    .toList();
            assertThat(values).containsSubsequence("storing-0", "storing-1", "sending-" + number);
        }
    }

    private void assertInOrder(Set<String> durable) {
        KeyOrder order = KeyOrder.of(records());
        System.out.printf(
                "%d durable, %d values in the topic, %d more than once, %d inversions%n",
                durable.size(),
                order.values().size(),
                order.duplicates(),
                order.inversions().size());
        assertThat(order.values()).containsAll(durable);
        assertThat(order.inversions()).isEmpty();
    }

    private List<ConsumerRecord<byte[], byte[]>> records() {
        return TopicReader.readAll(this.kafka.clientConfig(), this.topic);
    }

    private SteadyLoad load(TestApplication application, String name) {
        return new SteadyLoad(application.publisher(), this.topic, name, THREADS, KEYS, EVENTS_PER_SECOND);
    }

    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres).database(this.database);
    }
}
