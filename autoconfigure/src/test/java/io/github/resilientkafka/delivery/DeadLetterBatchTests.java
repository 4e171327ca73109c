package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.OpenSessions;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSession;
import io.github.resilientkafka.publisher.ProducerSessions;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RefusedTopics;
import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedAttempt;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.RetryProperties;
import io.github.resilientkafka.store.RetrySchedule;
import io.github.resilientkafka.store.StoredEvent;
import io.github.resilientkafka.store.StoredEvents;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadLetterBatchTests {

    private final DeadLetters deadLetters = mock();

    private final PublisherCircuit circuit = mock();

    private final MockProducer<byte[], byte[]> producer =
            new MockProducer<>(false, new ByteArraySerializer(), new ByteArraySerializer());

    @Test
    @DisplayName("W3: dead letters of a topic whose name is too long for them are kept, with the property to set")
    void aTopicThatCanHaveNoDeadLetterTopic() throws Exception {
        StoredEvent row = StoredEvents.row(1);
        given(this.circuit.tryAcquire()).willReturn(this);
        given(this.deadLetters.topicFor(row.topic())).willReturn("too-long");
        given(this.deadLetters.obstacle(row.topic())).willReturn("set resilient-kafka.dlq.topic");
        willThrow(new IllegalArgumentException("says the test"))
                .given(this.deadLetters)
                .ensureTopicFor(any());
        ProducerSession session = OpenSessions.of(this.producer);
        DeadLetterBatch batch = new DeadLetterBatch(context(), EventStatus.PENDING);
        batch.add(row, FailureKind.RECORD, "type", "too large", 3);
        CompletableFuture<List<FailedAttempt>> outcomes = CompletableFuture.supplyAsync(() -> send(batch, session));
        Awaitility.await().until(() -> this.producer.errorNext(new InvalidTopicException("says the test")));
        assertThat(outcomes.join()).singleElement().satisfies(outcome -> {
            assertThat(outcome.to()).isEqualTo(EventStatus.DLQ_FAILED);
            assertThat(outcome.errorMessage())
                    .startsWith("set resilient-kafka.dlq.topic")
                    .contains("InvalidTopicException");
        });
    }

    private static List<FailedAttempt> send(DeadLetterBatch batch, ProducerSession session) {
        try {
            return batch.send(
                    session, System.nanoTime() + Duration.ofSeconds(30).toNanos());
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private RelayContext context() {
        return new RelayContext(
                mock(RetryProperties.class),
                mock(EventStore.class),
                mock(FailedEvents.class),
                this.circuit,
                mock(ProducerSessions.class),
                Duration.ofSeconds(10),
                this.deadLetters,
                mock(RefusedTopics.class),
                mock(RetrySchedule.class),
                new PartitionHolds(),
                mock(KafkaProbe.class),
                Clock.systemUTC(),
                mock(DeliveryObserver.class),
                mock(EventNotifier.class));
    }
}
