package io.github.resilientkafka.actuate;

import io.github.resilientkafka.actuate.HealthReport.Details;
import io.github.resilientkafka.actuate.LastAnswer.Answer;
import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.connection.ConnectionErrorClassifier;
import io.github.resilientkafka.publisher.KafkaProbe.ClusterAnswer;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whether the brokers answer. Asks at most every 10 s, waits at most 2 s: any number of health calls cost one request.
 */
final class KafkaBrokerHealth implements AutoCloseable {

    private static final Duration MAX_AGE = Duration.ofSeconds(10);

    private static final Duration MAX_WAIT = Duration.ofSeconds(2);

    /** A little less than we wait, so that it is Kafka's client that says what is wrong. */
    private static final Duration TIMEOUT = Duration.ofMillis(1_800);

    private final LastAnswer<ClusterAnswer> cluster;

    KafkaBrokerHealth(Function<Duration, ClusterAnswer> probe) {
        this.cluster = new LastAnswer<>("resilient-kafka-health", MAX_AGE, () -> probe.apply(TIMEOUT));
    }

    HealthReport check() {
        Answer<ClusterAnswer> answer = this.cluster.recent(MAX_WAIT);
        ClusterAnswer known = answer.value();
        if (known != null) {
            return new Details()
                    .with("clusterId", known.clusterId())
                    .with("controllerId", known.controllerId())
                    .with("nodes", known.nodes())
                    .as(HealthReport.UP);
        }
        return down(answer.error());
    }

    private static HealthReport down(@Nullable Throwable error) {
        Details details = new Details();
        if (error != null) {
            details.with("error", ErrorText.of(error));
            Throwable cause = error.getCause();
            details.with("cause", (cause == null) ? null : ErrorText.of(cause));
            ConnectionError meaning = ConnectionErrorClassifier.classify(error);
            details.with("connectionError", meaning.kind().name()).with("hint", meaning.hint());
        }
        return details.as(HealthReport.DOWN);
    }

    @Override
    public void close() {
        this.cluster.close();
    }
}
