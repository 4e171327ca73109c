package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalKafka;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dead letters that cannot be delivered: never lost, never skipped, always visible.
 */
@Tag("unhurried")
class DeadLetterBlockedTests {

    private static LocalKafka kafka;

    private ListenerWorld world;

    private String topic;

    @BeforeAll
    static void launch() throws Exception {
        kafka = LocalKafka.builder()
                .user("app", "secret")
                .property("auto.create.topics.enable", false)
                .launch();
        try (Admin admin = Admin.create(kafka.adminConfig())) {
            admin.createAcls(List.of(
                            binding(ResourceType.TOPIC, "listened", PatternType.PREFIXED, AclPermissionType.ALLOW),
                            binding(ResourceType.GROUP, "listened", PatternType.PREFIXED, AclPermissionType.ALLOW)))
                    .all()
                    .get();
        }
    }

    private static AclBinding binding(
            ResourceType type, String name, PatternType pattern, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:app", "*", AclOperation.ALL, permission));
    }

    @AfterAll
    static void end() {
        kafka.close();
    }

    @BeforeEach
    void begin() {
        this.world = new ListenerWorld(kafka);
        this.topic = this.world.topic(1);
    }

    @AfterEach
    void close() {
        this.world.kafka.start();
        this.world.postgres.start();
        this.world.close();
    }

    private TestApplication.Builder application() {
        TestApplication.Builder builder = this.world
                .application(this.topic, RecordListener.class)
                .with("resilient-kafka.listener.max-attempts", "1")
                .with("resilient-kafka.publisher.timeout", "2s");
        kafka.clientConfig("app").forEach((name, value) -> {
            if (!name.equals("bootstrap.servers")) {
                builder.with("spring.kafka.properties[" + name + "]", value);
            }
        });
        return builder;
    }

    private static ScriptedHandler failing(TestApplication application) {
        ScriptedHandler handler = application.context().getBean(ScriptedHandler.class);
        handler.script(record -> {
            if (record.value().startsWith("bad")) {
                throw new BadDataException("bad");
            }
        });
        return handler;
    }

    @ParameterizedTest(name = "there, but not to be written to: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("DESIGN §6: dead-letter topic missing, or unauthorised: the dead letter is stored, then committed")
    void refused(boolean unauthorised) throws Exception {
        String deadLetterTopic = this.topic + ".dlq";
        if (unauthorised) {
            kafka.createTopic(deadLetterTopic, 1);
            this.world
                    .admin
                    .createAcls(List.of(
                            binding(ResourceType.TOPIC, deadLetterTopic, PatternType.LITERAL, AclPermissionType.DENY)))
                    .all()
                    .get();
        }
        try (TestApplication application =
                application().with("resilient-kafka.dlq.auto-create", "false").start()) {
            ScriptedHandler handler = failing(application);
            this.world.send(this.topic, 0, "bad");
            this.world.send(this.topic, 0, "good");
            this.world.flush();
            await("goes on").atMost(Duration.ofSeconds(20)).until(() -> handler.handled()
                    .contains("good"));
            await("committed").until(() -> this.world.committed(this.topic, this.topic, 0) == 2);
            assertThat(application.rows(EventStatus.PENDING)).isEqualTo(1);
            assertThat(application.jdbc().queryForMap("select topic, failure_kind from failed_kafka_events"))
                    .containsEntry("topic", deadLetterTopic)
                    .containsEntry("failure_kind", "TOPIC");
        }
    }

    @Test
    @DisplayName("DESIGN §6: dead letter too large for its topic: stored, then committed")
    void tooLarge() {
        this.world.kafka.createTopic(this.topic + ".dlq", 1, Map.of("max.message.bytes", "1000"));
        try (TestApplication application = application().start()) {
            ScriptedHandler handler = failing(application);
            this.world.send(this.topic, 0, "bad" + "x".repeat(5_000));
            this.world.send(this.topic, 0, "good");
            this.world.flush();
            await("goes on").atMost(Duration.ofSeconds(20)).until(() -> handler.handled()
                    .contains("good"));
            await("committed").until(() -> this.world.committed(this.topic, this.topic, 0) == 2);
            assertThat(application.jdbc().queryForMap("select topic, failure_kind from failed_kafka_events"))
                    .containsEntry("topic", this.topic + ".dlq")
                    .containsEntry("failure_kind", "RECORD");
        }
    }

    @Test
    @DisplayName("DESIGN §6: broker and database away: the partition is blocked, visibly; nothing is skipped, and its"
            + " handler not called again; all goes on when they are back")
    void brokerAndDatabaseAway() {
        try (TestApplication application = application().start()) {
            ScriptedHandler handler = application.context().getBean(ScriptedHandler.class);
            handler.script(record -> {
                if (record.value().startsWith("bad")) {
                    this.world.postgres.freeze();
                    this.world.kafka.kill();
                    throw new BadDataException("bad");
                }
            });
            this.world.send(this.topic, 0, "bad");
            this.world.send(this.topic, 0, "good");
            this.world.flush();
            await("blocked").atMost(Duration.ofSeconds(30)).until(() -> status(application).stream()
                    .anyMatch(partition -> partition.state() == PartitionState.DEAD_LETTER_BLOCKED));
            assertThat(status(application).get(0).reason()).contains("BadDataException");
            assertThat(handler.handled()).isEmpty();
            handler.script(record -> {});
            this.world.postgres.thaw();
            this.world.kafka.start();
            await("goes on").atMost(Duration.ofSeconds(60)).until(() -> handler.handled()
                    .equals(List.of("good")));
            assertThat(handler.attempts("bad")).isEqualTo(1);
            // Where its topic was not there yet when it was sent, it is stored, to be tried again after a minute.
            await("dead-lettered, or stored to be")
                    .until(() -> application.rows(EventStatus.PENDING) == 1
                            || (this.world.exists(this.topic + ".dlq")
                                    && TopicReader.values(TopicReader.readAll(kafka.adminConfig(), this.topic + ".dlq"))
                                            .containsKey("bad")));
            await("committed")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> this.world.committed(this.topic, this.topic, 0) == 2);
        }
    }

    private static List<PartitionStatus> status(TestApplication application) {
        return application
                .context()
                .getBean(ListenerContainers.class)
                .find("orders")
                .orElseThrow()
                .partitions();
    }
}
