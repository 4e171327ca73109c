package io.github.resilientkafka.connection;

import static io.github.resilientkafka.TestApplication.get;
import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.connection.ConnectionError.Kind;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.ConnectionState;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * What an operator is told when Kafka cannot be reached, by real brokers and their absence. H2, H8.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unhurried")
class ConnectionErrorsTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String PASSWORD = "s3cret-of-alice";

    private static LocalKafka kafka;

    private final LocalPostgres postgres = LocalPostgres.shared();

    @BeforeAll
    static void launch() {
        kafka = LocalKafka.builder().user("alice", PASSWORD).launch();
    }

    @AfterAll
    static void close() {
        kafka.close();
    }

    @Test
    @DisplayName("H2 H8: a closed port is REFUSED, until the broker is there")
    void refused(CapturedOutput output) throws Exception {
        kafka.kill();
        try (TestApplication application = asAlice(PASSWORD).start()) {
            assertTold(application, Kind.REFUSED, "Nothing listens", output);
            assertThat(get(application.publisher().publish("orders", "k", "v")).outcome())
                    .isEqualTo(Outcome.STORED);
            kafka.start();
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(application.publisher().getPublisherStats().connectionError())
                        .isNull();
                assertThat(application.publisher().getPublisherStats().connectionState())
                        .isEqualTo(ConnectionState.CONNECTED);
            });
        } finally {
            kafka.start();
        }
    }

    @Test
    @DisplayName("H2 H8: a wrong password is AUTHENTICATION, and is not in the log")
    void wrongPassword(CapturedOutput output) throws Exception {
        try (TestApplication application = asAlice("wr0ng-passw0rd").start()) {
            assertTold(application, Kind.AUTHENTICATION, "user name and password", output);
            assertThat(output).doesNotContain("wr0ng-passw0rd");
        }
    }

    @Test
    @DisplayName("H2 H8: a name that nobody knows is DNS")
    void unknownHost(CapturedOutput output) throws Exception {
        try (TestApplication application = application()
                .with("spring.kafka.bootstrap-servers", "no.such.host.invalid:9092")
                .start()) {
            assertTold(application, Kind.DNS, "cannot be resolved", output);
        }
    }

    @Test
    @DisplayName("H2 H8: TLS to a port without TLS is TLS, though Kafka's client only times out")
    void tlsToPlaintext(CapturedOutput output) throws Exception {
        try (TestApplication application = TestApplication.on(LocalKafka.shared(), this.postgres)
                .database(this.postgres.createDatabase(unique("tls")))
                .with("spring.kafka.security.protocol", "SSL")
                .start()) {
            assertTold(application, Kind.TLS, "does not speak TLS", output);
        }
    }

    @Test
    @DisplayName("H2 H8: a login to a port without login is told by the broker")
    void loginWhereNoneIsExpected(CapturedOutput output) throws Exception {
        try (TestApplication application = asAlice(PASSWORD)
                .with("spring.kafka.bootstrap-servers", LocalKafka.shared().bootstrapServers())
                .start()) {
            assertTold(application, Kind.AUTHENTICATION, "login", output);
        }
    }

    @Test
    @DisplayName("H2 H8: no login where one is expected is a TIMEOUT: the broker hangs up, and no client can tell why")
    void noLogin(CapturedOutput output) throws Exception {
        try (TestApplication application = application().start()) {
            assertTold(application, Kind.TIMEOUT, "spring.kafka.security.protocol may not fit", output);
        }
    }

    private TestApplication.Builder application() {
        return TestApplication.on(kafka, this.postgres).database(this.postgres.createDatabase(unique("connection")));
    }

    private TestApplication.Builder asAlice(String password) {
        TestApplication.Builder application = application();
        for (Map.Entry<String, Object> property : kafka.clientConfig("alice").entrySet()) {
            if (!property.getKey().equals("bootstrap.servers")) {
                application.with(
                        "spring.kafka.properties[" + property.getKey() + "]",
                        property.getValue().toString().replace(PASSWORD, password));
            }
        }
        return application;
    }

    private static void assertTold(TestApplication application, Kind kind, String hint, CapturedOutput output) {
        MeterRegistry meters = application.context().getBean(MeterRegistry.class);
        await().atMost(PATIENCE).until(() -> errors(meters, kind) > 1);
        for (Kind other : Kind.values()) {
            assertThat(errors(meters, other) > 0).as("%s", other).isEqualTo(other == kind);
        }
        assertThat(application.publisher().getPublisherStats().connectionError())
                .isNotNull()
                .satisfies(error -> assertThat(error.kind()).isEqualTo(kind))
                .satisfies(error -> assertThat(error.hint()).contains(hint));
        assertThat(application
                        .context()
                        .getBean("kafkaPublisherHealthIndicator", HealthIndicator.class)
                        .health()
                        .getDetails())
                .containsEntry("connectionError", kind.name())
                .extractingByKey("hint")
                .asString()
                .contains(hint);
        assertThat(output.getAll().lines().filter(line -> line.contains("cannot be reached: " + kind)))
                .as("one line for all the vain questions")
                .hasSize(1)
                .first()
                .asString()
                .contains(hint);
    }

    private static double errors(MeterRegistry meters, Kind kind) {
        return meters.get("kafka.connection.errors")
                .tag("type", kind.name().toLowerCase(Locale.ROOT))
                .counter()
                .count();
    }
}
