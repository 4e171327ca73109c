package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.publisher.ConnectionState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * Health of the publisher (rows P5, W4, H3).
 */
class KafkaPublisherHealthTests {

    private static final Instant OLDEST = Instant.parse("2026-01-01T00:00:00Z");

    private final StubPublisher publisher = StubPublisher.healthy();

    private final StubRetryService service = StubRetryService.pending(5, OLDEST);

    private final RetryFigures figures = new RetryFigures(() -> this.service, Clock.systemUTC());

    @AfterEach
    void close() {
        this.figures.close();
    }

    @Test
    void whenTheCircuitIsClosedThenUpWithAllFigures() {
        HealthReport report = check();
        assertThat(report.status()).isEqualTo("UP");
        assertThat(report.details())
                .containsEntry("circuitBreaker", "CLOSED")
                .containsEntry("connection", "CONNECTED")
                .containsEntry("storing", true)
                .containsEntry("queuedEvents", 2L)
                .containsEntry("lostEvents", 1L)
                .containsEntry("pending", 5L)
                .containsEntry("oldestPending", OLDEST)
                .containsEntry("dlqFailed", 1L)
                .doesNotContainKeys("lastError", "connectionError", "hint", "databaseError", "warning");
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPEN", "HALF_OPEN", "FORCED_OPEN"})
    void whenTheCircuitIsNotClosedAndStoringWorksThenDegraded(String state) {
        this.publisher.circuit(state).connection = ConnectionState.DISCONNECTED;
        this.publisher.lastError = "TimeoutException: no answer";
        this.publisher.connectionError = new ConnectionError(ConnectionError.Kind.REFUSED, "Start it.");
        HealthReport report = check();
        assertThat(report.status()).isEqualTo("DEGRADED");
        assertThat(report.details())
                .containsEntry("circuitBreaker", state)
                .containsEntry("connection", "DISCONNECTED")
                .containsEntry("lastError", "TimeoutException: no answer")
                .containsEntry("connectionError", "REFUSED")
                .containsEntry("hint", "Start it.");
    }

    @Test
    void whenNeitherKafkaNorTheDatabaseTakesEventsThenDown() {
        this.publisher.circuit("OPEN").databaseDown("Connection refused");
        HealthReport report = check();
        assertThat(report.status()).isEqualTo("DOWN");
        assertThat(report.details())
                .containsEntry("storing", false)
                .containsEntry("databaseError", "Connection refused");
    }

    @Test
    void whenOnlyTheDatabaseIsDownThenStillUp() {
        this.publisher.databaseDown("Connection refused");
        assertThat(check().status()).isEqualTo("UP");
    }

    @Test
    void whenThePublisherSaysItIsUnhealthyThenDown() {
        this.publisher.healthy = false;
        assertThat(check().status()).isEqualTo("DOWN");
    }

    @Test
    void whenNothingIsStoredThenDownWhileTheCircuitIsOpenAndAlwaysAWarning() {
        this.publisher.storeFailures = false;
        this.publisher.writer = null;
        assertThat(check().status()).isEqualTo("UP");
        assertThat(check().details()).hasEntrySatisfying("warning", value -> assertThat(value.toString())
                .contains("store-failures"));
        this.publisher.circuit("OPEN");
        assertThat(check().status()).isEqualTo("DOWN");
    }

    @Test
    void whenTheDatabaseFailsThenPendingIsUnknown() {
        this.service.failure = new DataAccessResourceFailureException("no connection");
        HealthReport report = check();
        assertThat(report.status()).isEqualTo("UP");
        assertThat(report.details())
                .containsEntry("pending", "unknown")
                .containsEntry("pendingError", "DataAccessResourceFailureException: no connection");
    }

    @Test
    void whenTheDatabaseHangsThenHealthAnswersNevertheless() {
        this.service.hang = new CountDownLatch(1);
        long start = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            assertThat(check().details()).containsEntry("pending", "unknown");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void whenAnErrorNamesCredentialsThenTheyAreNotShown() {
        this.publisher.circuit("OPEN").databaseDown("No driver for jdbc:x://joe:s3cret@db/app?password=s3cret");
        this.publisher.lastError = "sasl.jaas.config=s3cret failed, ssl.keystore.password: s3cret";
        assertThat(check().details().toString()).doesNotContain("s3cret").contains("******", "jdbc:x:");
    }

    private HealthReport check() {
        return new KafkaPublisherHealth(this.publisher, this.figures).check();
    }
}
