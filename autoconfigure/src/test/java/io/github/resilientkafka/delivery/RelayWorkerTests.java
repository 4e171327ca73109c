package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.BrokenLog;
import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSessions;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RefusedTopics;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.RetryProperties;
import io.github.resilientkafka.store.RetrySchedule;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * A worker that meets Errors, and looks for due rows again all the same.
 */
class RelayWorkerTests {

    private final EventStore store = mock();

    private final PartitionHolds holds = mock();

    private final AtomicInteger passes = new AtomicInteger();

    private final RelayWorker worker = new RelayWorker("relay", context(), "owner", new AtomicInteger(), null);

    @AfterEach
    void stop() throws InterruptedException {
        this.worker.finish();
        this.worker.join();
    }

    @ParameterizedTest
    @ValueSource(classes = {InternalError.class, NoDatabase.class})
    @DisplayName("W1: an Error while a failed pass of the relay is logged does not end its worker")
    void anErrorWhileAFailedPassIsLogged(Class<? extends Throwable> failure) {
        try (BrokenLog log = new BrokenLog(RelayWorker.class.getName())) {
            given(this.store.lease(any(), any(), any(), anyInt(), any())).willAnswer(call -> {
                if (this.passes.incrementAndGet() == 1) {
                    log.breakNext();
                    throw failure.getDeclaredConstructor().newInstance();
                }
                return List.of();
            });
            this.worker.start();
            Awaitility.await().until(() -> this.passes.get() > 2);
            assertThat(log.hasBroken()).isTrue();
        }
    }

    @Test
    @DisplayName("W1: an Error between two passes of the relay does not end its worker")
    void anErrorBetweenTwoPasses() {
        given(this.store.lease(any(), any(), any(), anyInt(), any())).willAnswer(call -> {
            this.passes.incrementAndGet();
            return List.of();
        });
        given(this.holds.untilNextRelease())
                .willThrow(new InternalError("says the test"))
                .willReturn(null);
        this.worker.start();
        Awaitility.await().until(() -> this.passes.get() > 2);
    }

    private RelayContext context() {
        return new RelayContext(
                new RetryProperties(
                        true,
                        Duration.ofMillis(50),
                        3,
                        List.of(Duration.ofMinutes(1)),
                        10,
                        1,
                        Duration.ofSeconds(30),
                        Duration.ofDays(7)),
                this.store,
                mock(FailedEvents.class),
                mock(PublisherCircuit.class),
                mock(ProducerSessions.class),
                Duration.ofSeconds(10),
                mock(DeadLetters.class),
                mock(RefusedTopics.class),
                mock(RetrySchedule.class),
                this.holds,
                mock(KafkaProbe.class),
                Clock.systemUTC(),
                mock(DeliveryObserver.class),
                mock(EventNotifier.class));
    }

    static final class NoDatabase extends DataAccessResourceFailureException {

        NoDatabase() {
            super("says the test");
        }
    }
}
