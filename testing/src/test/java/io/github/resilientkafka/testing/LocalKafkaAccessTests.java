package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A local Kafka with users")
class LocalKafkaAccessTests {

    private static LocalKafka kafka;

    @BeforeAll
    static void launch() {
        kafka = LocalKafka.builder()
                .user("alice", "se\"cr\\et")
                .user("bob", "secret")
                .launch();
    }

    @AfterAll
    static void close() {
        kafka.close();
    }

    @Test
    @DisplayName("lets a user do what an access control list allows, and nobody else")
    void authorises() throws Exception {
        kafka.createTopic("orders", 1);
        AclBinding rule = new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, "orders", PatternType.LITERAL),
                new AccessControlEntry("User:alice", "*", AclOperation.WRITE, AclPermissionType.ALLOW));
        try (Admin admin = Admin.create(kafka.adminConfig())) {
            admin.createAcls(List.of(rule)).all().get();
        }

        new KafkaClient(kafka.clientConfig("alice")).send("orders", "hello");
        assertThatExceptionOfType(TopicAuthorizationException.class)
                .isThrownBy(() -> new KafkaClient(kafka.clientConfig("bob")).send("orders", "hello"));
        assertThat(new KafkaClient(kafka.adminConfig()).read("orders", 1)).containsExactly("hello");
    }

    @Test
    @DisplayName("refuses a wrong password and a client that does not log in")
    void authenticates() {
        Map<String, Object> intruder = kafka.clientConfig("bob");
        intruder.computeIfPresent(
                "sasl.jaas.config", (key, login) -> login.toString().replace("secret", "guess"));

        assertThatExceptionOfType(SaslAuthenticationException.class)
                .isThrownBy(() -> new KafkaClient(intruder).send("orders", "hello"));
        assertThatExceptionOfType(TimeoutException.class)
                .isThrownBy(() -> new KafkaClient(kafka.clientConfig()).send(Duration.ofSeconds(1), "orders", "hello"));
    }

    @Test
    @DisplayName("knows its users and keeps two names to itself")
    void knowsItsUsers() {
        assertThatIllegalArgumentException().isThrownBy(() -> kafka.clientConfig("mallory"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LocalKafka.builder().user("admin", "x"));
    }
}
