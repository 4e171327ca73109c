package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Listeners that a broker with real access control does not let in, or has nothing for.
 */
@Tag("unhurried")
class ListenerAccessTests {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static LocalKafka kafka;

    private final LocalPostgres postgres = LocalPostgres.shared();

    @BeforeAll
    static void launch() throws Exception {
        kafka = LocalKafka.builder()
                .user("app", "secret")
                .property("auto.create.topics.enable", false)
                .property("group.coordinator.rebalance.protocols", "classic,consumer")
                .property("group.consumer.heartbeat.interval.ms", 500)
                .property("group.consumer.min.heartbeat.interval.ms", 500)
                .launch();
        kafka.createTopic("open", 1);
        kafka.createTopic("closed", 1);
        allow(ResourceType.TOPIC, "open", AclOperation.READ);
        allow(ResourceType.TOPIC, "open", AclOperation.DESCRIBE);
        allow(ResourceType.TOPIC, "missing", AclOperation.DESCRIBE);
        allow(ResourceType.TOPIC, "closed", AclOperation.DESCRIBE);
        allow(ResourceType.GROUP, "welcome", AclOperation.READ);
    }

    @AfterAll
    static void close() {
        kafka.close();
    }

    private static void allow(ResourceType type, String name, AclOperation operation) throws Exception {
        try (Admin admin = Admin.create(kafka.adminConfig())) {
            admin.createAcls(List.of(new AclBinding(
                            new ResourcePattern(type, name, PatternType.PREFIXED),
                            new AccessControlEntry("User:app", "*", operation, AclPermissionType.ALLOW))))
                    .all()
                    .get(10, TimeUnit.SECONDS);
        }
    }

    private TestApplication.Builder application() {
        TestApplication.Builder builder = TestApplication.on(kafka, this.postgres)
                .database(this.postgres.createDatabase(TestApplication.unique("access")))
                .sources(Readers.class)
                .with("resilient-kafka.listener.supervisor.backoff", "200ms")
                .with("resilient-kafka.listener.supervisor.max-backoff", "1s");
        kafka.clientConfig("app").forEach((name, value) -> {
            if (!name.equals("bootstrap.servers")) {
                builder.with("spring.kafka.properties[" + name + "]", value);
            }
        });
        return builder;
    }

    private static TestApplication.Builder with(
            TestApplication.Builder builder, String listener, String topic, String group) {
        return builder.with(listener + ".topic", topic)
                .with(listener + ".group", group)
                .with(listener + ".start", true);
    }

    @Test
    @DisplayName(
            "N1 g: a listener that is refused its group or its topic says so, is tried again with a new consumer, and"
                    + " runs once it may; a topic that does not exist is told of")
    void refused() throws Exception {
        TestApplication.Builder builder = application();
        with(builder, "first", "open", "stranger");
        with(builder, "second", "closed", "welcome-closed");
        with(builder, "third", "missing", "welcome-missing");
        try (TestApplication application = builder.start()) {
            ListenerSupervisor supervisor = application.context().getBean(ListenerSupervisor.class);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(status(supervisor, "first").lastError()).contains("group stranger", "Grant"));
            await().atMost(SOON).until(() -> status(supervisor, "first").restarts() >= 2);
            assertThat(status(supervisor, "first").ready()).isFalse();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(status(supervisor, "second").lastError())
                            .contains("may not read topic closed", "Grant"));

            allow(ResourceType.GROUP, "stranger", AclOperation.READ);
            allow(ResourceType.TOPIC, "closed", AclOperation.READ);

            assertThat(supervisor.awaitReady("first", SOON)).isTrue();
            assertThat(supervisor.awaitReady("second", SOON)).isTrue();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(status(supervisor, "third").lastError())
                            .contains("topic missing does not exist"));
        }
    }

    private static ListenerStatus status(ListenerSupervisor supervisor, String listener) {
        return supervisor.status(listener).orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("N1: with fail-fast, what keeps a listener from running fails the start, by name and with the cure")
    void failFast(boolean rightPassword) {
        TestApplication.Builder builder =
                with(application(), "first", "missing", "welcome").with("resilient-kafka.listener.fail-fast", true);
        if (!rightPassword) {
            Object login = kafka.clientConfig("app").get("sasl.jaas.config");
            builder.with(
                    "spring.kafka.properties[sasl.jaas.config]",
                    login.toString().replace("secret", "wrong"));
        }
        assertThatThrownBy(builder::start).satisfies(error -> {
            ConfigurationException found = configurationException(error);
            assertThat(found.property()).isEqualTo("listener first");
            assertThat(found.getMessage())
                    .contains(rightPassword ? "topic missing does not exist" : "SaslAuthenticationException");
            assertThat(found.cure()).contains("fail-fast=false");
        });
    }

    private static ConfigurationException configurationException(Throwable error) {
        Throwable cause = error;
        while (!(cause instanceof ConfigurationException found)) {
            assertThat(cause).as("a cause of " + error).isNotNull();
            cause = cause.getCause();
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    @DisplayName("P1: a standby, for which there are no partitions, is healthy and ready")
    void standby(String protocol) {
        TestApplication.Builder builder = application()
                .with("spring.kafka.consumer.properties.group.protocol", protocol)
                .with("resilient-kafka.listener.fail-fast", true);
        with(builder, "first", "open", "welcome-" + protocol);
        with(builder, "second", "open", "welcome-" + protocol);
        try (TestApplication application = builder.start()) {
            ListenerSupervisor supervisor = application.context().getBean(ListenerSupervisor.class);
            assertThat(List.of(status(supervisor, "first"), status(supervisor, "second")))
                    .allMatch(ListenerStatus::ready)
                    .allMatch(ListenerStatus::healthy);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(List.of(status(supervisor, "first"), status(supervisor, "second")))
                            .extracting(status -> status.partitions().size())
                            .containsExactlyInAnyOrder(0, 1));
            assertThat(List.of(status(supervisor, "first"), status(supervisor, "second")))
                    .allMatch(ListenerStatus::ready);
        }
    }
}
