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
import java.util.Map;
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

    private TestApplication.Builder application(String topic, String group, Class<?>... sources) {
        TestApplication.Builder builder = TestApplication.on(kafka, this.postgres)
                .database(this.postgres.createDatabase(TestApplication.unique("access")))
                .sources(sources)
                .with("test.topic", topic)
                .with("test.group", group)
                .with("resilient-kafka.listener.supervisor.backoff", "200ms")
                .with("resilient-kafka.listener.supervisor.max-backoff", "1s");
        kafka.clientConfig("app").forEach((name, value) -> {
            if (!name.equals("bootstrap.servers")) {
                builder.with("spring.kafka.properties[" + name + "]", value);
            }
        });
        return builder;
    }

    private static ListenerStatus status(TestApplication application) {
        return application
                .context()
                .getBean(ListenerSupervisor.class)
                .status(OneListener.ID)
                .orElseThrow();
    }

    @Test
    @DisplayName(
            "N1 g: a listener that is refused its group says so, is tried again with a new consumer, and runs once it may")
    void group() throws Exception {
        try (TestApplication application =
                application("open", "stranger", OneListener.class).start()) {
            await().atMost(SOON).until(() -> status(application).restarts() >= 2);
            assertThat(status(application).lastError()).contains("group stranger", "Grant");
            assertThat(status(application).ready()).isFalse();

            allow(ResourceType.GROUP, "stranger", AclOperation.READ);

            assertThat(application.context().getBean(ListenerSupervisor.class).awaitReady(OneListener.ID, SOON))
                    .isTrue();
        }
    }

    @Test
    @DisplayName("N1: a topic that does not exist is told of")
    void missingTopic() {
        try (TestApplication application =
                application("missing", "welcome", OneListener.class).start()) {
            await().atMost(SOON).until(() -> status(application).lastError() != null);
            assertThat(status(application).lastError()).contains("topic missing does not exist");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing/welcome", "closed/welcome", "open/alien", "open/welcome/wrong"})
    @DisplayName("N1: with fail-fast, what keeps a listener from running fails the start, by name and with the cure")
    void failFast(String name) {
        String[] parts = name.split("/");
        TestApplication.Builder builder =
                application(parts[0], parts[1], OneListener.class).with("resilient-kafka.listener.fail-fast", true);
        if (parts.length > 2) {
            Map<String, Object> settings = kafka.clientConfig("app");
            builder.with(
                    "spring.kafka.properties[sasl.jaas.config]",
                    settings.get("sasl.jaas.config").toString().replace("secret", "wrong"));
        }
        assertThatThrownBy(builder::start).satisfies(error -> {
            ConfigurationException found = configurationException(error);
            assertThat(found.property()).isEqualTo("listener " + OneListener.ID);
            assertThat(found.getMessage())
                    .contains(
                            switch (name) {
                                case "missing/welcome" -> "topic missing does not exist";
                                case "closed/welcome" -> "may not read topic closed";
                                case "open/alien" -> "group alien";
                                default -> "SaslAuthenticationException";
                            });
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
        try (TestApplication application = application(
                        "open", "welcome-" + protocol, OneListener.class, SecondListener.class)
                .with("spring.kafka.consumer.properties.group.protocol", protocol)
                .with("resilient-kafka.listener.fail-fast", true)
                .start()) {
            ListenerSupervisor supervisor = application.context().getBean(ListenerSupervisor.class);
            assertThat(supervisor.status()).allSatisfy(status -> {
                assertThat(status.ready()).isTrue();
                assertThat(status.healthy()).isTrue();
            });
            await().atMost(SOON).untilAsserted(() -> assertThat(supervisor.status())
                    .extracting(status -> status.partitions().size())
                    .containsExactlyInAnyOrder(0, 1));
            assertThat(supervisor.status()).allMatch(ListenerStatus::ready);
        }
    }
}
