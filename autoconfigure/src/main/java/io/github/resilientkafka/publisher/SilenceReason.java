package io.github.resilientkafka.publisher;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.connection.ConnectionError.Kind;
import io.github.resilientkafka.connection.ConnectionErrorClassifier;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Why Kafka cannot be reached, as far as that can be found out. Thread-safe; one thread explains.
 */
final class SilenceReason {

    private static final Logger logger = LoggerFactory.getLogger(KafkaWatch.class);

    private final KafkaProbe probe;

    private final String bootstrapServers;

    private final PublisherObserver observer;

    private volatile @Nullable ConnectionError error;

    private volatile boolean lookedBehindTimeout;

    private volatile @Nullable IOException behindTimeout;

    SilenceReason(KafkaProbe probe, String bootstrapServers, PublisherObserver observer) {
        this.probe = probe;
        this.bootstrapServers = bootstrapServers;
        this.observer = observer;
    }

    /**
     * Says why, in the log only when that is news.
     */
    ConnectionError explain(RuntimeException ex) {
        ConnectionError error = ConnectionErrorClassifier.classify(ex);
        if (error.kind() == Kind.TIMEOUT) {
            if (!this.lookedBehindTimeout) {
                this.lookedBehindTimeout = true;
                this.behindTimeout = this.probe.lookBehindTimeout();
            }
            IOException behind = this.behindTimeout;
            error = (behind != null) ? ConnectionErrorClassifier.classify(behind) : error;
        }
        this.observer.connectionFailed(error.kind());
        if (!error.equals(this.error)) {
            logger.warn("Kafka at {} cannot be reached: {}. {}", this.bootstrapServers, error.kind(), error.hint());
        }
        this.error = error;
        return error;
    }

    /**
     * Kafka has answered, or has just stopped to.
     */
    void forget() {
        this.error = null;
        this.lookedBehindTimeout = false;
        this.behindTimeout = null;
    }

    @Nullable
    ConnectionError error() {
        return this.error;
    }
}
