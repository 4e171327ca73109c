package io.github.resilientkafka.guest;

import static io.github.resilientkafka.TestApplication.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalApplication;
import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalPostgres;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Applications on class paths that really lack what is optional, in JVMs of their own. DESIGN §8.
 */
@Tag("unhurried")
class MissingNeighboursTests {

    /** Resilience4j's Spring modules do not start without Micrometer themselves. */
    private static final List<String> OBSERVABILITY = List.of(
            "actuator",
            "micrometer-core",
            "micrometer-jakarta9",
            "micrometer-tracing",
            "opentelemetry",
            "resilience4j-spring",
            "resilience4j-micrometer");

    private final LocalKafka kafka = LocalKafka.shared();

    private final LocalPostgres postgres = LocalPostgres.shared();

    private final String topic = unique("bare");

    @Test
    @DisplayName("without Actuator, Micrometer, Flyway and Resilience4j's Spring modules an event is published")
    void withDatabase() {
        assertThat(logWithout(
                        List.of("flyway"),
                        TestApplication.on(this.kafka, this.postgres)
                                .database(this.postgres.createDatabase(unique("bare")))))
                .contains(BareApplication.SENT)
                .doesNotContain("ERROR");
    }

    @Test
    @DisplayName("with the autoconfigure artifact alone, no JDBC and store-failures=false, an event is published")
    void withoutJdbc() {
        assertThat(logWithout(
                        List.of("spring-jdbc", "HikariCP", "postgresql", "flyway"),
                        TestApplication.on(this.kafka, this.postgres)
                                .with("resilient-kafka.fallback.store-failures", false)))
                .contains(BareApplication.SENT)
                .contains("resilient-kafka.fallback.store-failures is false");
    }

    private String logWithout(List<String> absent, TestApplication.Builder application) {
        this.kafka.createTopic(this.topic, 1);
        try (LocalApplication jvm = application
                .with("bare.topic", this.topic)
                .inJvmOfItsOwn(BareApplication.class)
                .classPath(entry -> {
                    String jar = entry.getFileName().toString();
                    return Stream.concat(OBSERVABILITY.stream(), absent.stream())
                            .noneMatch(jar::contains);
                })
                .launch()) {
            Awaitility.await("the application has ended")
                    .atMost(Duration.ofSeconds(120))
                    .failFast(() -> {
                        if (jvm.log().contains("Application run failed")) {
                            throw new AssertionError(jvm.log());
                        }
                    })
                    .until(() -> !jvm.isRunning());
            return jvm.log();
        }
    }
}
