package io.github.resilientkafka.delivery;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TestClock;
import io.github.resilientkafka.delivery.EventExplanation.State;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Where an event is, asked of an application on real servers.
 */
class ExplainTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("orders");

    @Test
    @DisplayName("explain: sent, found in Kafka by its id among others, with partition and offset; no group, no commit")
    void sent() throws Exception {
        this.kafka.createTopic(this.topic, 3);
        try (TestApplication application = application().start();
                Admin admin = Admin.create(this.kafka.adminConfig())) {
            PublishResult wanted = null;
            for (int i = 0; i < 3_000; i++) {
                CompletableFuture<PublishResult> future =
                        application.publisher().publish(this.topic, "k" + i % 50, "value " + i);
                if (i == 2_000 || i == 2_999) {
                    PublishResult result = get(future);
                    wanted = (i == 2_000) ? result : wanted;
                }
            }
            EventExplainer explainer = application.context().getBean(EventExplainer.class);

            EventExplanation explanation = explainer.explain(wanted.eventId(), this.topic, null);

            assertThat(explanation.state()).isEqualTo(State.SENT);
            RecordSearch.Result inTopic = explanation.searches().get(0);
            assertThat(inTopic.found().partition()).isEqualTo(wanted.partition());
            assertThat(inTopic.found().offset()).isEqualTo(wanted.offset());
            assertThat(explanation.searches().get(1).problem())
                    .as("the dead-letter topic")
                    .contains("no such topic");
            assertThat(admin.listConsumerGroups().all().get()).isEmpty();
            assertThat(admin.listTopics().names().get()).doesNotContain(this.topic + ".dlq");

            EventExplanation without = explainer.explain(wanted.eventId());
            assertThat(without.state()).isEqualTo(State.UNKNOWN);
            assertThat(without.why()).contains("name its topic");

            RecordSearch.Result later = explainer
                    .explain(wanted.eventId(), this.topic, Instant.now().plusSeconds(60))
                    .searches()
                    .get(0);
            assertThat(later.found()).as("searched from later on").isNull();
            assertThat(later.complete()).isTrue();
            assertThat(later.records()).isZero();

            EventExplanation never =
                    explainer.explain(EventIds.next(System.currentTimeMillis() - 60_000), this.topic, null);
            assertThat(never.state()).isEqualTo(State.UNKNOWN);
            assertThat(never.searches().get(0).records()).isEqualTo(3_000);
            assertThat(never.searches().get(0).complete()).isTrue();
        }
    }

    @Test
    @DisplayName("explain: an id of the application's own, not of version 7, is found with a time to search from")
    void ownId() throws Exception {
        this.kafka.createTopic(this.topic, 1);
        try (TestApplication application = application().start()) {
            UUID id = UUID.randomUUID();
            get(application
                    .publisher()
                    .publish(OutgoingEvent.of(this.topic, "k", "v").withEventId(id)));

            EventExplanation explanation = application
                    .context()
                    .getBean(EventExplainer.class)
                    .explain(id, this.topic, Instant.now().minusSeconds(600));

            assertThat(explanation.state()).isEqualTo(State.SENT);
        }
    }

    @Test
    @DisplayName(
            "explain: stored while the broker is away, and why; Kafka's silence is named, within the bound; then sent")
    void storedInOutage() throws Exception {
        this.kafka.createTopic(this.topic, 1);
        try (TestApplication application = application().start()) {
            get(application.publisher().publish(this.topic, "k", "first"));
            this.kafka.freeze();
            try {
                PublishResult stored = get(application.publisher().publish(this.topic, "k", "second"));
                assertThat(stored.outcome()).isEqualTo(Outcome.STORED);
                EventExplainer explainer = application.context().getBean(EventExplainer.class);

                long start = System.nanoTime();
                EventExplanation explanation = explainer.explain(stored.eventId(), this.topic, null);
                Duration took = Duration.ofNanos(System.nanoTime() - start);

                assertThat(explanation.state()).isEqualTo(State.STORED);
                assertThat(explanation.why()).contains("circuit to Kafka, which is OPEN");
                assertThat(explanation.rows()).singleElement().satisfies(row -> {
                    assertThat(row.status()).isEqualTo(EventStatus.PENDING);
                    assertThat(row.attempts()).isZero();
                });
                assertThat(explanation.searches()).allSatisfy(search -> {
                    assertThat(search.complete()).isFalse();
                    assertThat(search.problem()).contains("Timeout");
                });
                assertThat(took).as("two searches, 4 s each").isLessThan(Duration.ofSeconds(9));
                System.out.println("explained with a frozen broker in " + took + ": " + explanation.why());

                this.kafka.kill();
                Awaitility.await().atMost(SOON).untilAsserted(() -> {
                    long asked = System.nanoTime();
                    EventExplanation unreachable = explainer.explain(stored.eventId(), this.topic, null);
                    assertThat(unreachable.searches().get(0).problem()).contains("none of", "accepts connections");
                    assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
                });

                this.kafka.start();
                application.awaitNoneLeft(Duration.ofSeconds(30));
                explanation = explainer.explain(stored.eventId(), this.topic, null);
                assertThat(explanation.state()).isEqualTo(State.SENT);
                assertThat(explanation.rows().get(0).status()).isEqualTo(EventStatus.RESOLVED);
                assertThat(explanation.searches().get(0).found()).isNotNull();
            } finally {
                this.kafka.start();
            }
        }
    }

    @Test
    @DisplayName("explain: in flight while the broker does not answer, then stored: each as it is at that moment")
    void inFlight() throws Exception {
        this.kafka.createTopic(this.topic, 1);
        try (TestApplication application = application().start()) {
            get(application.publisher().publish(this.topic, "k", "first"));
            EventExplainer explainer = application.context().getBean(EventExplainer.class);
            this.kafka.freeze();
            try {
                UUID id = EventIds.next(System.currentTimeMillis());
                CompletableFuture<PublishResult> future = application
                        .publisher()
                        .publish(OutgoingEvent.of(this.topic, "k", "second").withEventId(id));

                EventExplanation explanation = explainer.explain(id);

                assertThat(explanation.state()).isEqualTo(State.IN_FLIGHT);
                assertThat(explanation.underWay().topic()).isEqualTo(this.topic);
                assertThat(explanation.why()).contains("has not answered yet");
                assertThat(get(future).outcome()).isEqualTo(Outcome.STORED);
                assertThat(explainer.explain(id).state()).isEqualTo(State.STORED);
            } finally {
                this.kafka.start();
            }
        }
    }

    @Test
    @DisplayName("explain: refused by Kafka: stored until it is due, then dead-lettered, found there too")
    void deadLettered() throws Exception {
        this.kafka.createTopic(this.topic, 1, Map.of("max.message.bytes", "2000"));
        this.kafka.createTopic(this.topic + ".dlq", 1);
        try (TestApplication application = application()
                .with("resilient-kafka.retry.max-attempts", 1)
                .with("resilient-kafka.retry.interval", "200ms")
                .sources(TestApplication.Minimal.class, TestClock.Configuration.class)
                .start()) {
            PublishResult stored = get(application.publisher().publish(this.topic, "k", "x".repeat(5_000)));
            EventExplainer explainer = application.context().getBean(EventExplainer.class);

            EventExplanation waiting = explainer.explain(stored.eventId());
            assertThat(waiting.state()).isEqualTo(State.STORED);
            assertThat(waiting.why()).contains("RecordTooLarge", "due at", "attempt 1 of 1");

            application.context().getBean(TestClock.class).advance(Duration.ofMinutes(1));
            Awaitility.await().atMost(SOON).until(() -> application.rows(EventStatus.DLQ) == 1);
            EventExplanation dead = explainer.explain(stored.eventId(), this.topic, null);
            assertThat(dead.state()).isEqualTo(State.DEAD_LETTERED);
            assertThat(dead.why()).contains(this.topic + ".dlq", "1 failed retries", "RecordTooLarge");
            assertThat(dead.searches().get(0).found()).isNull();
            assertThat(dead.searches().get(1).found()).isNotNull();
        }
    }

    @Test
    @DisplayName("explain: an application without a store searches Kafka all the same")
    void withoutStore() throws Exception {
        this.kafka.createTopic(this.topic, 1);
        try (TestApplication application = application()
                .with("resilient-kafka.fallback.store-failures", "false")
                .start()) {
            PublishResult sent = get(application.publisher().publish(this.topic, "k", "v"));

            EventExplanation explanation =
                    application.context().getBean(EventExplainer.class).explain(sent.eventId(), this.topic, null);

            assertThat(explanation.state()).isEqualTo(State.SENT);
            assertThat(explanation.rows()).isEmpty();
        }
    }

    private TestApplication.Builder application() {
        return TestApplication.on(this.kafka, this.postgres).database(this.postgres.createDatabase(unique("explain")));
    }
}
