package io.github.resilientkafka.publisher;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilientkafka.KeyOrder;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.listener.PartitionState;
import io.github.resilientkafka.listener.PartitionStatus;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.supervisor.ListenerStatus;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartitionInfo;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * A cluster as one has it: three brokers, everything on each of them, acknowledged by two at least. W1, W2, W5, P9.
 * <p>
 * A broker that dies without notice keeps all acknowledgements waiting, not only those of the partitions that it led: it
 * counts as in sync with all of them until the controller gives it up, here after 3 seconds. An application whose
 * {@code stall-timeout} is longer waits for that; one whose is shorter stores meanwhile.
 * <p>
 * The order of the tests saves time: the last one leaves a broker dead.
 */
@Tag("unhurried")
@ExtendWith(OutputCaptureExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class ClusterTests {

    private static final int BROKERS = 3;

    private static final int PARTITIONS = 6;

    private static final int THREADS = 4;

    private static final int EVENTS_PER_SECOND = 600;

    private static final Duration USUAL = Duration.ofSeconds(3);

    private static final Duration PATIENT = Duration.ofSeconds(6);

    private static final Duration PROMPT = Duration.ofMillis(1_500);

    private static final Duration RECOVERY = Duration.ofSeconds(60);

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    private LocalKafka kafka;

    private Admin admin;

    private TestApplication application;

    private Queue<StateTransition> transitions;

    private int applications;

    @BeforeAll
    void launch() {
        this.kafka = LocalKafka.builder()
                .brokers(BROKERS)
                .property("min.insync.replicas", 2)
                .launch();
        this.kafka.createTopic(this.topic, PARTITIONS);
        this.admin = Admin.create(this.kafka.adminConfig());
        this.application = application(PATIENT, Reading.class);
        this.transitions = transitions(this.application);
    }

    @AfterAll
    void close() {
        this.application.close();
        this.admin.close();
        this.kafka.close();
    }

    @BeforeEach
    void all() {
        this.kafka.start();
        this.transitions.clear();
    }

    @Test
    @Order(1)
    @DisplayName(
            "W2 W5 P9: a rolling restart under load: the circuit stays closed, nothing is stored, lost or overtaken, the"
                    + " listener goes on")
    void rollingRestart(CapturedOutput output) throws Exception {
        try (TestApplication usual = application(USUAL, TestApplication.Minimal.class);
                SteadyLoad usualLoad = load(usual, "usual");
                SteadyLoad load = load(this.application, "rolling")) {
            int usualSteady = awaitSteady(usualLoad, usual);
            Queue<StateTransition> usualTransitions = transitions(usual);
            int steady = awaitSteady(load, this.application);
            int quiet = output.length();
            for (int broker = 0; broker < BROKERS; broker++) {
                long inFlight = inFlight(this.application);
                this.kafka.broker(broker).stop();
                this.kafka.broker(broker).start();
                System.out.printf("broker %d restarted, %d events were in flight%n", broker, inFlight);
            }
            load.awaitAllSent(RECOVERY);
            usualLoad.awaitAllSent(RECOVERY);
            Set<String> durable = load.stop();
            durable.addAll(usualLoad.stop());
            System.out.printf("%d events, %d stored%n", load.size() - steady, storedSince(load, steady));
            assertThat(this.transitions).isEmpty();
            assertThat(usualTransitions).isEmpty();
            assertThat(storedSince(load, steady)).isZero();
            assertThat(storedSince(usualLoad, usualSteady)).isZero();
            assertThat(output.toString().substring(quiet).lines())
                    .noneMatch(
                            line -> line.contains(" WARN ") && !line.contains("LagWatch") || line.contains(" ERROR "));
            assertInOrder(durable);
            assertListenerWentOn(durable);
        }
    }

    @Test
    @Order(2)
    @DisplayName(
            "W2 W5: a broker killed under load: with a stall-timeout beyond the time that the cluster needs to notice"
                    + " nothing is stored; with a shorter one what was in flight and what is published until then")
    void brokerKilled() throws Exception {
        try (TestApplication prompt = application(PROMPT, TestApplication.Minimal.class);
                SteadyLoad load = load(this.application, "patient");
                SteadyLoad promptLoad = load(prompt, "prompt")) {
            int promptSteady = awaitSteady(promptLoad, prompt);
            int steady = awaitSteady(load, this.application);
            int victim = leader(0);
            long killed = System.nanoTime();
            long inFlight = inFlight(prompt);
            this.kafka.broker(victim).kill();
            awaitMovedFrom(victim);
            System.out.printf(
                    "moved after %d ms%n",
                    Duration.ofNanos(System.nanoTime() - killed).toMillis());
            Set<String> durable = promptLoad.stop();
            long before = promptLoad.published().stream()
                    .skip(promptSteady)
                    .filter(one -> one.nanos() - killed < 0 && isStored(one))
                    .count();
            System.out.printf(
                    "%d were in flight, %d of them stored, %d in all%n",
                    inFlight, before, storedSince(promptLoad, promptSteady));
            assertThat(storedSince(promptLoad, promptSteady)).isPositive();
            // Each thread may just have begun to publish one.
            assertThat(before).isLessThanOrEqualTo(inFlight + THREADS);
            prompt.awaitNoneLeft(RECOVERY);
            prompt.awaitSent(this.topic, "afterwards", "afterwards-0");
            assertNothingGivenUp(prompt);

            this.kafka.broker(victim).start();
            load.awaitAllSent(RECOVERY);
            durable.addAll(load.stop());
            assertThat(this.transitions).isEmpty();
            assertThat(storedSince(load, steady)).isZero();
            assertInOrder(durable);
        }
    }

    @Test
    @Order(3)
    @DisplayName(
            "W1 W2 W5: a leader frozen: the circuit stays closed; a second broker lost is an outage: everything is stored,"
                    + " no attempt is counted; with two brokers again all of it arrives in order")
    void leaderFrozenThenTwoLost() throws Exception {
        awaitLeadersEverywhere();
        try (SteadyLoad load = load(this.application, "lost")) {
            int steady = awaitSteady(load, this.application);
            int frozen = leader(0);
            this.kafka.broker(frozen).freeze();
            load.awaitEvents(EVENTS_PER_SECOND);
            List<SteadyLoad.Published> meanwhile = List.copyOf(load.published());
            Awaitility.await("what the frozen leader was to take is acknowledged")
                    .atMost(RECOVERY)
                    .until(() -> meanwhile.stream().allMatch(one -> one.future().isDone()));
            assertThat(meanwhile.stream().skip(steady)).noneMatch(ClusterTests::isStored);
            assertThat(this.transitions).isEmpty();

            this.kafka.broker((frozen + 1) % BROKERS).kill();
            this.application.awaitCircuit("OPEN", RECOVERY);
            load.awaitStored();
            load.awaitEvents(2 * EVENTS_PER_SECOND);
            assertThat(this.transitions).containsExactly(StateTransition.CLOSED_TO_OPEN);
            assertNothingGivenUp(this.application);

            this.kafka.broker(frozen).thaw();
            load.awaitAllSent(RECOVERY);
            Set<String> durable = load.stop();
            System.out.printf("%d events, %d stored%n", load.size(), load.count(Outcome.STORED));
            this.application.awaitNoneLeft(RECOVERY);
            assertNothingGivenUp(this.application);
            assertInOrder(durable);
        }
    }

    private TestApplication application(Duration stallTimeout, Class<?> source) {
        TestApplication application = TestApplication.on(this.kafka, this.postgres)
                .database(this.postgres.createDatabase(unique("cluster")))
                .with("resilient-kafka.publisher.stall-timeout", stallTimeout.toMillis() + "ms")
                .with("spring.kafka.consumer.auto-offset-reset", "earliest")
                .with("test.topic", this.topic)
                .sources(source)
                .start();
        // The first event fetches metadata, for which it has half a second.
        application.awaitSent(this.topic, "first", "first-" + ++this.applications);
        return application;
    }

    private static Queue<StateTransition> transitions(TestApplication application) {
        Queue<StateTransition> transitions = new ConcurrentLinkedQueue<>();
        application
                .context()
                .getBean(CircuitBreakerRegistry.class)
                .circuitBreaker(PublisherCircuit.NAME)
                .getEventPublisher()
                .onStateTransition(event -> transitions.add(event.getStateTransition()));
        return transitions;
    }

    private SteadyLoad load(TestApplication application, String name) {
        return new SteadyLoad(application.publisher(), this.topic, name, THREADS, 50, EVENTS_PER_SECOND);
    }

    /**
     * Waits until events are acknowledged as fast as they are published, and forgets what was before: everything is cold at
     * first.
     */
    private int awaitSteady(SteadyLoad load, TestApplication application) {
        load.awaitEvents(EVENTS_PER_SECOND);
        load.awaitAllSent(RECOVERY);
        Awaitility.await("acknowledged within half a second")
                .atMost(RECOVERY)
                .until(() -> inFlight(application), events -> events < EVENTS_PER_SECOND / 2);
        this.transitions.clear();
        return load.size();
    }

    private static long storedSince(SteadyLoad load, int first) {
        return load.published().stream()
                .skip(first)
                .filter(ClusterTests::isStored)
                .count();
    }

    private static boolean isStored(SteadyLoad.Published one) {
        return one.future().join().outcome() == Outcome.STORED;
    }

    private static long inFlight(TestApplication application) {
        return application.publisher().getPublisherStats().queuedEvents();
    }

    private int leader(int partition) throws Exception {
        return partitions().get(partition).leader().id();
    }

    /**
     * Two of three brokers can't tell anybody that they are gone: only that leaders are among them shows that it is an outage.
     */
    private void awaitLeadersEverywhere() throws Exception {
        Awaitility.await("all replicas in sync").atMost(RECOVERY).until(() -> partitions().stream()
                .allMatch(partition -> partition.isr().size() == BROKERS));
        this.admin.electLeaders(ElectionType.PREFERRED, null).partitions().get(30, TimeUnit.SECONDS);
        Awaitility.await("every broker leads a partition")
                .atMost(RECOVERY)
                .until(() -> partitions().stream()
                                .map(partition -> partition.leader().id())
                                .distinct()
                                .count()
                        == BROKERS);
    }

    private void awaitMovedFrom(int broker) {
        Awaitility.await("no partition counts on broker " + broker)
                .atMost(Duration.ofSeconds(30))
                .until(() -> partitions().stream()
                        .allMatch(partition -> partition.isr().stream().noneMatch(node -> node.id() == broker)));
    }

    private List<TopicPartitionInfo> partitions() throws Exception {
        return this.admin
                .describeTopics(List.of(this.topic))
                .allTopicNames()
                .get(30, TimeUnit.SECONDS)
                .get(this.topic)
                .partitions();
    }

    private void assertInOrder(Set<String> durable) {
        List<ConsumerRecord<byte[], byte[]>> records = TopicReader.readAll(this.kafka.clientConfig(), this.topic);
        KeyOrder order = KeyOrder.of(records);
        System.out.printf("%d durable, %d more than once%n", durable.size(), order.duplicates());
        Set<String> missing = new HashSet<>(durable);
        missing.removeAll(order.values());
        assertThat(missing).isEmpty();
        assertThat(order.inversions()).isEmpty();
    }

    private static void assertNothingGivenUp(TestApplication application) {
        assertThat(application.attempts()).isZero();
        assertThat(application.rows(EventStatus.DLQ)).isZero();
        assertThat(application.rows(EventStatus.DLQ_FAILED)).isZero();
    }

    private void assertListenerWentOn(Set<String> durable) {
        Set<String> read = this.application.context().getBean(Reading.class).values;
        Awaitility.await("the listener has read everything").atMost(RECOVERY).until(() -> read.containsAll(durable));
        ListenerStatus listener = this.application
                .context()
                .getBean(ListenerSupervisor.class)
                .status("reading")
                .orElseThrow();
        assertThat(listener.restarts()).isZero();
        assertThat(listener.ready()).isTrue();
        assertThat(listener.partitions())
                .hasSize(PARTITIONS)
                .extracting(PartitionStatus::state)
                .containsOnly(PartitionState.RUNNING);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Reading {

        private final Set<String> values = ConcurrentHashMap.newKeySet();

        @KafkaListener(id = "reading", topics = "${test.topic}")
        void read(String value) {
            this.values.add(value);
        }
    }
}
