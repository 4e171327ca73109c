package io.github.resilientkafka.publisher;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;

/**
 * Kafka was not asked: the circuit breaker refuses, or there is no producer at the moment.
 */
final class KafkaAwayException extends RuntimeException {

    KafkaAwayException(State state) {
        super("Not sent: circuit breaker " + PublisherCircuit.NAME + " is " + state, null, false, false);
    }
}
