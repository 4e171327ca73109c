package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.lifecycle.EventNotifier;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What is told of the connection when answers and silence follow each other faster than servers can be stopped.
 */
class KafkaWatchTests {

    private final CircuitBreaker breaker = CircuitBreaker.of(PublisherCircuit.NAME, CircuitDefaults.config());

    private final PublisherCircuit circuit = new PublisherCircuit(this.breaker);

    private final KafkaProbe probe = mock(KafkaProbe.class);

    private final AtomicInteger answers = new AtomicInteger();

    private final KafkaWatch watch = new KafkaWatch(
            this.circuit,
            this.probe,
            "broker:9092",
            Duration.ofMillis(10),
            new EventNotifier(event -> {}),
            PublisherObserver.NONE,
            Clock.systemUTC());

    @AfterEach
    void stop() {
        this.watch.stop();
    }

    @Test
    @DisplayName("W8: Kafka that goes away again while the circuit is half-open is DISCONNECTED, and it is said why")
    void awayAgainInHalfOpen() {
        startConnected();
        this.circuit.open(new TimeoutException("says the test"));
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.DISCONNECTED);

        this.answers.set(1);
        Awaitility.await().until(() -> this.breaker.getState() == CircuitBreaker.State.HALF_OPEN);
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.breaker.getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
        assertThat(this.watch.state()).isEqualTo(ConnectionState.DISCONNECTED);
    }

    @Test
    @DisplayName("W8: an outage that ends while it is being looked into leaves no reason behind, nor one for the next")
    void overWhileBeingExplained() {
        AtomicInteger explained = new AtomicInteger();
        given(this.probe.lookBehindTimeout()).willAnswer(call -> {
            if (explained.incrementAndGet() == 1) {
                this.breaker.transitionToClosedState();
            }
            return null;
        });
        startConnected();
        this.circuit.open(new TimeoutException("says the test"));
        Awaitility.await().until(() -> this.watch.state() == ConnectionState.CONNECTED && explained.get() == 1);
        Awaitility.await().during(Duration.ofMillis(200)).until(() -> this.watch.connectionError() == null);
        assertThat(this.circuit.isClosed()).isTrue();

        this.circuit.open(new TimeoutException("says the test"));
        Awaitility.await().until(() -> explained.get() == 2);
        Awaitility.await().until(() -> this.watch.connectionError() != null);
        assertThat(this.watch.connectionError().kind()).isEqualTo(ConnectionError.Kind.TIMEOUT);
    }

    private void startConnected() {
        given(this.probe.canTake(any())).willAnswer(call -> {
            if (this.answers.getAndDecrement() > 0) {
                return true;
            }
            throw new TimeoutException("no answer (says the test)");
        });
        this.watch.start();
        Awaitility.await().until(() -> this.watch.state() == ConnectionState.CONNECTED);
    }
}
