package io.github.resilientkafka.publisher;

/**
 * Kafka answers, but so slowly that the circuit has opened.
 */
final class KafkaSlowException extends RuntimeException {

    KafkaSlowException(float percent) {
        super(
                "Kafka answers too slowly: %.0f %% of the last sends took longer than slow-call-duration-threshold"
                        .formatted(percent),
                null,
                false,
                false);
    }
}
