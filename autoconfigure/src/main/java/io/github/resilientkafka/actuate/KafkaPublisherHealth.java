package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.HealthReport.Details;
import io.github.resilientkafka.actuate.LastAnswer.Answer;
import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherStats;
import io.github.resilientkafka.store.RetryStats;
import io.github.resilientkafka.store.WriterStats;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether events can be made durable: UP in Kafka, DEGRADED only in the database, DOWN in neither.
 */
final class KafkaPublisherHealth {

    /**
     * States in which events go to Kafka: in the last two the application has switched the breaker off.
     */
    private static final Set<String> DIRECT = Set.of("CLOSED", "DISABLED", "METRICS_ONLY");

    private final EventPublisher publisher;

    private final @Nullable RetryFigures figures;

    KafkaPublisherHealth(EventPublisher publisher, @Nullable RetryFigures figures) {
        this.publisher = publisher;
        this.figures = figures;
    }

    HealthReport check() {
        PublisherStats stats = this.publisher.getPublisherStats();
        WriterStats writer = stats.writer();
        boolean direct = DIRECT.contains(stats.circuitBreakerState());
        boolean storing = stats.storeFailures() && writer != null && writer.available();
        Details details = new Details()
                .with("circuitBreaker", stats.circuitBreakerState())
                .with("connection", stats.connectionState().name())
                .with("ready", stats.ready())
                .with("storing", storing)
                .with("queuedEvents", stats.queuedEvents())
                .with("queuedBytes", stats.queuedBytes())
                .with("divertedLanes", stats.divertedLanes())
                .with("lostEvents", stats.lostEvents());
        if (!stats.storeFailures()) {
            details.with(
                    "warning", "Events are lost while Kafka is away: resilient-kafka.fallback.store-failures is false");
        }
        addRetryStats(details);
        details.with("lastError", ErrorText.ofNullable(stats.lastError()));
        ConnectionError error = stats.connectionError();
        if (error != null) {
            details.with("connectionError", error.kind().name()).with("hint", error.hint());
        }
        if (writer != null) {
            details.with("databaseError", ErrorText.ofNullable(writer.lastError()));
        }
        return details.as(status(direct, storing, stats.healthy()));
    }

    private void addRetryStats(Details details) {
        if (this.figures == null) {
            return;
        }
        Answer<RetryStats> answer = this.figures.recent();
        RetryStats retry = answer.value();
        if (retry != null) {
            details.with("pending", retry.pending())
                    .with("pendingExact", retry.pendingExact())
                    .with("oldestPending", retry.oldestPending())
                    .with("dlqFailed", retry.dlqFailed());
        } else if (answer.error() != null) {
            details.with("pending", "unknown").with("pendingError", ErrorText.of(answer.error()));
        }
    }

    private static String status(boolean direct, boolean storing, boolean healthy) {
        if (!healthy || (!direct && !storing)) {
            return HealthReport.DOWN;
        }
        return direct ? HealthReport.UP : HealthReport.DEGRADED;
    }
}
