package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.TopicReader;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import io.github.resilientkafka.testing.LocalKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthEndpoint;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Dead letters that cannot be delivered: never lost, never skipped, always visible. Each test has topics of its own.
 */
@Tag("unhurried")
class DeadLetterBlockedTests {

    private static final Duration SOON = Duration.ofSeconds(30);

    private static final List<String> TOPICS =
            List.of("missing", "unauthorised", "large", "broker", "both", "database", "nowhere");

    private static LocalKafka kafka;

    private static ListenerWorld world;

    private static String prefix;

    private static TestApplication application;

    private static ScriptedHandler handler;

    @BeforeAll
    static void start() throws Exception {
        kafka = LocalKafka.builder()
                .user("app", "secret")
                .property("auto.create.topics.enable", false)
                .launch();
        world = new ListenerWorld(kafka);
        prefix = TestApplication.unique("listened") + "-";
        allowAll(ResourceType.TOPIC, prefix, PatternType.PREFIXED, AclPermissionType.ALLOW);
        allowAll(ResourceType.GROUP, "blocked", PatternType.LITERAL, AclPermissionType.ALLOW);
        TOPICS.forEach(topic -> kafka.createTopic(prefix + topic, 1));
        kafka.createTopic(prefix + "bytes", 1);
        for (String there : List.of("unauthorised", "broker", "bytes", "both", "database")) {
            kafka.createTopic(deadLetters(there), 1);
        }
        kafka.createTopic(deadLetters("large"), 1, Map.of("max.message.bytes", "1000"));
        TestApplication.Builder builder = world.application("blocked", Application.class)
                .with(
                        "test.topics",
                        String.join(
                                ",",
                                TOPICS.stream().map(topic -> prefix + topic).toList()))
                .with("test.bytes", prefix + "bytes")
                .with("resilient-kafka.dlq.auto-create", "false")
                .with("resilient-kafka.listener.max-attempts", "1")
                .with("resilient-kafka.listener.max-pause", "1s")
                .with("resilient-kafka.publisher.stall-timeout", "1s")
                .with("resilient-kafka.publisher.timeout", "2s");
        kafka.clientConfig("app").forEach((name, value) -> {
            if (!name.equals("bootstrap.servers")) {
                builder.with("spring.kafka.properties[" + name + "]", value);
            }
        });
        application = builder.start();
        handler = application.context().getBean(ScriptedHandler.class);
    }

    private static void allowAll(ResourceType type, String name, PatternType pattern, AclPermissionType permission)
            throws Exception {
        world.admin
                .createAcls(List.of(new AclBinding(
                        new ResourcePattern(type, name, pattern),
                        new AccessControlEntry("User:app", "*", AclOperation.ALL, permission))))
                .all()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void repair() {
        world.postgres.start();
        world.kafka.start();
        application.awaitCircuit("CLOSED", SOON);
        await("nothing of the outage left").atMost(SOON).until(() -> rows("OUTAGE") == 0);
    }

    @AfterAll
    static void stop() {
        application.close();
        world.close();
        kafka.close();
    }

    @ParameterizedTest
    @CsvSource({"missing, TOPIC", "unauthorised, TOPIC", "large, RECORD"})
    @DisplayName(
            "DESIGN §6: dead-letter topic missing, or unauthorised, or the letter too large for it: stored, then committed")
    void refused(String topic, String kind) throws Exception {
        if (topic.equals("unauthorised")) {
            allowAll(ResourceType.TOPIC, deadLetters(topic), PatternType.LITERAL, AclPermissionType.DENY);
        }
        handler.script(DeadLetterBlockedTests::fail);
        send(topic, "bad" + topic + "x".repeat(5_000));
        send(topic, "good" + topic);
        awaitGoesOn(topic);
        assertThat(stored(topic)).containsExactly("PENDING " + kind);
        assertThat(troubles("texts")).doesNotContainKey(prefix + topic + "-0");
        await("the publisher's health tells of it").until(() -> pendingInHealth() > 0);
    }

    @Test
    @DisplayName(
            "DESIGN §6: broker away: what has to be read again is blocked, visibly, its handler not called again; what"
                    + " consists of bytes is stored; both are dead letters once the broker is back")
    void brokerAway() throws Exception {
        // Not before all is sent: the producer would try for two minutes.
        CyclicBarrier sentAndPolled = new CyclicBarrier(3, world.kafka::kill);
        handler.script(record -> {
            if (record.value().startsWith("bad")) {
                awaitTheOthers(sentAndPolled);
                fail(record);
            }
        });
        Instant begin = Instant.now();
        for (String topic : List.of("broker", "bytes")) {
            send(topic, "bad" + topic);
            send(topic, "good" + topic);
        }
        awaitTheOthers(sentAndPolled);
        assertBlocked("broker", begin);
        await("stored").atMost(SOON).until(() -> rows("OUTAGE") == 1);
        assertThat(stored("bytes")).containsExactly("PENDING OUTAGE");
        assertThat(handler.handled("good")).doesNotContain("goodbroker");
        world.kafka.start();
        for (String topic : List.of("broker", "bytes")) {
            awaitGoesOn(topic);
            await("dead-lettered").atMost(SOON).untilAsserted(() -> assertThat(deadLettersOf(topic))
                    .containsOnlyKeys("bad" + topic));
        }
        assertThat(handler.attempts("badbroker")).isEqualTo(1);
        assertThat(handler.attempts("badbytes")).isEqualTo(1);
        await("calm").atMost(SOON).until(() -> troubles("texts").isEmpty());
    }

    @Test
    @DisplayName(
            "DESIGN §6: database away: dead letters go to their topic; one that it does not take is blocked, visibly,"
                    + " until it can be stored")
    void databaseAway() {
        handler.script(record -> {
            if (record.value().startsWith("bad")) {
                world.postgres.freeze();
                fail(record);
            }
        });
        Instant begin = Instant.now();
        for (String topic : List.of("nowhere", "database")) {
            send(topic, "bad" + topic);
            send(topic, "good" + topic);
        }
        awaitGoesOn("database");
        assertThat(deadLettersOf("database")).containsOnlyKeys("baddatabase");
        assertBlocked("nowhere", begin);
        world.postgres.thaw();
        awaitGoesOn("nowhere");
        assertThat(stored("nowhere"))
                .as("what was given up may have been stored, too")
                .containsOnly("PENDING TOPIC");
        assertThat(handler.attempts("badnowhere")).isEqualTo(1);
        await("calm").atMost(SOON).until(() -> troubles("texts").isEmpty());
    }

    @Test
    @DisplayName("DESIGN §6: broker and database away: the partition is blocked, visibly; nothing is skipped, and its"
            + " handler not called again; all goes on when they are back")
    void brokerAndDatabaseAway() {
        handler.script(record -> {
            if (record.value().startsWith("bad")) {
                world.postgres.freeze();
                world.kafka.kill();
                fail(record);
            }
        });
        Instant begin = Instant.now();
        send("both", "badboth");
        send("both", "goodboth");
        assertBlocked("both", begin);
        assertThat(handler.handled("goodboth")).isEmpty();
        await("health of consumers without a connection").atMost(SOON).until(() -> !isConnected("texts"));
        world.postgres.thaw();
        world.kafka.start();
        awaitGoesOn("both");
        assertThat(isConnected("texts")).isTrue();
        assertThat(handler.attempts("badboth")).isEqualTo(1);
        await("dead-lettered").atMost(SOON).untilAsserted(() -> assertThat(deadLettersOf("both"))
                .containsOnlyKeys("badboth"));
    }

    private static boolean isConnected(String listener) {
        return application
                .context()
                .getBean(ListenerSupervisor.class)
                .status(listener)
                .orElseThrow()
                .connected();
    }

    private static void fail(ConsumerRecord<?, String> record) {
        if (record.value().startsWith("bad")) {
            throw new BadDataException("bad");
        }
    }

    private static void awaitTheOthers(CyclicBarrier barrier) {
        try {
            barrier.await(20, TimeUnit.SECONDS);
        } catch (Exception ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static String deadLetters(String topic) {
        return prefix + topic + ".dlq";
    }

    private static void send(String topic, String value) {
        world.send(prefix + topic, 0, value);
        world.flush();
    }

    private static void awaitGoesOn(String topic) {
        await("goes on").atMost(SOON).until(() -> handler.handled().contains("good" + topic));
        await("committed").atMost(SOON).until(() -> world.committed("blocked", prefix + topic, 0) == 2);
    }

    private static Map<String, Long> deadLettersOf(String topic) {
        return TopicReader.values(TopicReader.readAll(kafka.adminConfig(), deadLetters(topic)));
    }

    private static long rows(String kind) {
        Long count = application
                .jdbc()
                .queryForObject(
                        "select count(*) from failed_kafka_events where status = 'PENDING' and failure_kind = ?",
                        Long.class,
                        kind);
        return (count == null) ? 0 : count;
    }

    private static List<String> stored(String topic) {
        return application
                .jdbc()
                .queryForList(
                        "select status || ' ' || failure_kind from failed_kafka_events where topic = ?",
                        String.class,
                        deadLetters(topic));
    }

    /** As an operator sees it. */
    private static void assertBlocked(String topic, Instant begin) {
        await("blocked").atMost(SOON).untilAsserted(() -> assertThat(troubles("texts"))
                .hasEntrySatisfying(prefix + topic + "-0", partition -> assertThat(partition)
                        .containsEntry("state", "DEAD_LETTER_BLOCKED")
                        .containsEntry("offset", 0L)));
        Map<String, Object> partition = troubles("texts").get(prefix + topic + "-0");
        assertThat((Instant) partition.get("since")).isBetween(begin, Instant.now());
        assertThat((String) partition.get("reason")).contains("could not be moved away", "BadDataException");
        assertThat(listener("texts")).containsEntry("pausedPartitions", 1L);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, Object>> troubles(String listener) {
        return (Map<String, Map<String, Object>>) listener(listener).getOrDefault("partitions", Map.of());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> listener(String id) {
        Map<String, Object> listeners =
                (Map<String, Object>) health("kafkaListeners").get("listeners");
        return (Map<String, Object>) listeners.get(id);
    }

    private static long pendingInHealth() {
        return ((Number) health("kafkaPublisher").get("pending")).longValue();
    }

    private static Map<String, Object> health(String component) {
        HealthEndpoint endpoint = application.context().getBean(HealthEndpoint.class);
        return ((Health) endpoint.healthForPath(component)).getDetails();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        @Bean
        ScriptedHandler handler() {
            return new ScriptedHandler();
        }

        @Bean
        Listeners listeners(ScriptedHandler handler) {
            return new Listeners(handler);
        }
    }

    record Listeners(ScriptedHandler handler) {

        @KafkaListener(id = "texts", topics = "#{'${test.topics}'.split(',')}", idIsGroup = false)
        void text(ConsumerRecord<String, String> record) {
            this.handler.handle(record);
        }

        @KafkaListener(
                id = "bytes",
                topics = "${test.bytes}",
                idIsGroup = false,
                properties = "value.deserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer")
        void bytes(ConsumerRecord<String, byte[]> record) {
            this.handler.handle(new ConsumerRecord<>(
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    null,
                    new String(record.value(), StandardCharsets.UTF_8)));
        }
    }
}
