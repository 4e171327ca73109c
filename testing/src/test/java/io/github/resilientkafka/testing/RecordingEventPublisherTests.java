package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.ConnectionState;
import io.github.resilientkafka.publisher.EventNotStoredException;
import io.github.resilientkafka.publisher.EventSerializationException;
import io.github.resilientkafka.publisher.PublishQueueFullException;
import io.github.resilientkafka.publisher.PublisherClosedException;
import io.github.resilientkafka.testing.RecordingEventPublisher.FailedPublish;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * W11: a publisher for users' tests.
 */
@DisplayName("W11: RecordingEventPublisher")
class RecordingEventPublisherTests {

    private final RecordingEventPublisher publisher = new RecordingEventPublisher();

    private record OrderPlaced(String customer, int amount) {}

    @Test
    void whenEventsArePublishedThenTheyAreSentAndRecordedInOrder() {
        UUID id = UUID.randomUUID();
        PublishResult first =
                this.publisher.publish("orders", "c1", new OrderPlaced("c1", 3)).join();
        PublishResult second = this.publisher
                .publish(OutgoingEvent.unkeyed("audit", "seen")
                        .withEventId(id)
                        .withPartition(4)
                        .withHeader("tenant", "acme"))
                .join();
        PublishResult third = this.publisher.publish("orders", "c2", null).join();

        assertThat(List.of(first, second, third))
                .extracting(PublishResult::outcome)
                .containsOnly(Outcome.SENT);
        assertThat(List.of(first, third)).extracting(PublishResult::offset).containsExactly(0L, 1L);
        assertThat(first.eventId().version()).isEqualTo(7);
        assertThat(second).isEqualTo(new PublishResult(Outcome.SENT, id, "audit", 4, 0L));
        assertThat(this.publisher.published())
                .extracting(PublishedEvent::number, PublishedEvent::topic, PublishedEvent::key, PublishedEvent::event)
                .containsExactly(
                        tuple(0, "orders", "c1", new OrderPlaced("c1", 3)),
                        tuple(1, "audit", null, "seen"),
                        tuple(2, "orders", "c2", null));
        PublishedEvent audited = this.publisher.published("audit").get(0);
        assertThat(audited.header("tenant")).isEqualTo("acme");
        assertThat(audited.header("other")).isNull();
        assertThat(audited.headers()).extracting(Header::key).containsExactly("tenant");
        assertThat(audited.outgoing().isKeyed()).isFalse();
        assertThat(this.publisher.failed()).isEmpty();
    }

    @Test
    void whenAskedForEventsOfATypeThenOthersAndOtherTopicsAreLeftOut() {
        this.publisher.publish("orders", "c1", new OrderPlaced("c1", 3));
        this.publisher.publish("orders", "c1", "a note");
        this.publisher.publish("other", "c1", new OrderPlaced("c9", 9));
        assertThat(this.publisher.eventsOf("orders", OrderPlaced.class)).containsExactly(new OrderPlaced("c1", 3));
    }

    @Test
    void whenAnAssertionFailsThenItsMessageCanBeRead() {
        this.publisher.publish(
                OutgoingEvent.of("orders", "c1", new OrderPlaced("c1", 3)).withHeader("tenant", "acme"));
        this.publisher.publish(OutgoingEvent.unkeyed("audit", "seen"));
        assertThat(this.publisher.published())
                .extracting(PublishedEvent::toString)
                .containsExactly(
                        "#0 orders [c1] OrderPlaced[customer=c1, amount=3] {tenant=acme} SENT",
                        "#1 audit unkeyed seen SENT");
    }

    @Test
    void whenAnEventIsInvalidThenItIsRefusedAsTheRealPublisherDoes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.publisher.publish("orders", null, "v"))
                .withMessageContaining("key is null")
                .withMessageContaining("OutgoingEvent.unkeyed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.publisher.publish("or ders", "k", "v"))
                .withMessageContaining("Invalid topic name 'or ders'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.publisher.publish(
                        OutgoingEvent.of("orders", "k", "v").withPartition(-1)))
                .withMessageContaining("partition is negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> this.publisher.publish(
                        OutgoingEvent.of("orders", "k", "v").withTimestamp(-1)))
                .withMessageContaining("timestamp is negative");
        assertThat(this.publisher.published()).isEmpty();
    }

    @Test
    void whenToldToFailTheNextThenThoseFailAndLaterOnesDoNot() {
        this.publisher.failNext(2, PublishFailure.QUEUE_FULL);
        assertThatIllegalArgumentException().isThrownBy(() -> this.publisher.publish("orders", null, "invalid"));
        for (int i = 0; i < 2; i++) {
            CompletableFuture<PublishResult> future = this.publisher.publish("orders", "k", i);
            assertThat(future).isCompletedExceptionally();
            assertThatThrownBy(future::join)
                    .cause()
                    .isInstanceOf(PublishQueueFullException.class)
                    .hasMessageContaining("max-queue-bytes");
        }
        assertThat(this.publisher.publish("orders", "k", 2)).isCompleted();
        assertThat(this.publisher.eventsOf("orders", Integer.class)).containsExactly(2);
        assertThat(this.publisher.failed())
                .extracting(failed -> failed.outgoing().event())
                .containsExactly(0, 1);
    }

    @Test
    void whenNothingCouldStoreTheEventThenBothCausesAreThere() {
        this.publisher.failTopic("orders", PublishFailure.NOT_STORED);
        assertThatThrownBy(() -> this.publisher.publish("orders", "k", "v").join())
                .cause()
                .isInstanceOfSatisfying(EventNotStoredException.class, ex -> {
                    assertThat(ex.kafkaError()).isInstanceOf(org.apache.kafka.common.errors.TimeoutException.class);
                    assertThat(ex.storeError()).isNotNull();
                    assertThat(ex.eventId()).isNotNull();
                });
        assertThat(this.publisher.getPublisherStats().lostEvents()).isEqualTo(1);
        assertThat(this.publisher.publish("others", "k", "v")).isCompleted();
        this.publisher.failNothing();
        assertThat(this.publisher.publish("orders", "k", "v")).isCompleted();
    }

    @Test
    void whenAnEventIsPickedThenItsFailureIsThrownWhereTheRealOneIs() {
        this.publisher.failWhen(event -> "bad".equals(event.event()), PublishFailure.SERIALIZATION);
        this.publisher.failWhen(event -> "late".equals(event.event()), PublishFailure.CLOSED);
        assertThatThrownBy(() -> this.publisher.publish("orders", "k", "bad"))
                .isInstanceOf(EventSerializationException.class)
                .hasMessageContaining("cannot serialise the value of type java.lang.String for topic orders")
                .hasMessageContaining("spring.kafka.producer.value-serializer");
        assertThatThrownBy(() -> this.publisher.publish("orders", "k", "late"))
                .isInstanceOf(PublisherClosedException.class);
        assertThat(this.publisher.publish("orders", "k", "good")).isCompleted();
        assertThat(this.publisher.failed())
                .extracting(FailedPublish::exception)
                .hasExactlyElementsOfTypes(EventSerializationException.class, PublisherClosedException.class);
    }

    @Test
    void whenKafkaIsAwayThenEventsAreStoredUntilItIsBack() {
        this.publisher.kafkaAway();
        PublishResult stored = this.publisher.publish("orders", "k", "v").join();
        assertThat(stored.outcome()).isEqualTo(Outcome.STORED);
        assertThat(stored.offset()).isNull();
        assertThat(this.publisher.getPublisherStats().circuitBreakerState()).isEqualTo("OPEN");
        assertThat(this.publisher.getPublisherStats().connectionState()).isEqualTo(ConnectionState.DISCONNECTED);
        assertThat(this.publisher.getPublisherStats().healthy()).isTrue();
        this.publisher.kafkaBack();
        assertThat(this.publisher.publish("orders", "k", "v").join().outcome()).isEqualTo(Outcome.SENT);
        assertThat(this.publisher.getPublisherStats().circuitBreakerState()).isEqualTo("CLOSED");
        assertThat(this.publisher.published()).hasSize(2);
    }

    @Test
    void whenFuturesAreHeldThenTheyCompleteInOrderOnceReleased() {
        this.publisher.holdFutures();
        List<Object> completed = new ArrayList<>();
        this.publisher.publish("orders", "k", 0).thenRun(() -> completed.add(0));
        this.publisher.failNext(1, PublishFailure.NOT_STORED);
        CompletableFuture<PublishResult> failing = this.publisher.publish("orders", "k", 1);
        // Publishes again while the futures are released: not held, and no deadlock.
        this.publisher
                .publish("orders", "k", 2)
                .thenRun(() -> this.publisher.publish("orders", "k", 3).thenRun(() -> completed.add(3)));
        assertThat(completed).isEmpty();
        assertThat(failing).isNotDone();
        assertThat(this.publisher.eventsOf("orders", Integer.class)).containsExactly(0, 2);
        assertThat(this.publisher.getPublisherStats().queuedEvents()).isEqualTo(3);
        this.publisher.releaseFutures();
        assertThat(completed).containsExactly(0, 3);
        assertThat(failing).isCompletedExceptionally();
        assertThat(this.publisher.getPublisherStats().queuedEvents()).isZero();
    }

    @Test
    void theDefaultTopicFailsByItsName() {
        this.publisher.failTopic(RecordingEventPublisher.DEFAULT_TOPIC, PublishFailure.NOT_STORED);
        assertThat(this.publisher.publish(OutgoingEvent.toDefaultTopic("k", "v")))
                .isCompletedExceptionally();
        assertThat(this.publisher.publish("orders", "k", "v")).isCompleted();
    }

    @Test
    void whenResetThenTheNextTestFindsItAsNew() {
        this.publisher.publish("orders", "k", "v");
        this.publisher.failTopic("orders", PublishFailure.QUEUE_FULL);
        this.publisher.publish("orders", "k", "v");
        this.publisher.kafkaAway();
        this.publisher.holdFutures();
        CompletableFuture<PublishResult> held = this.publisher.publish("others", "k", "v");
        this.publisher.reset();
        assertThat(held).isCompleted();
        assertThat(this.publisher.published()).isEmpty();
        assertThat(this.publisher.failed()).isEmpty();
        PublishResult result = this.publisher.publish("orders", "k", "v").join();
        assertThat(result.outcome()).isEqualTo(Outcome.SENT);
        assertThat(result.offset()).isZero();
    }

    @Test
    void whenManyThreadsPublishThenNothingIsMissing() {
        IntStream.range(0, 10_000).parallel().forEach(i -> this.publisher.publish("orders", "k", i));
        assertThat(this.publisher.eventsOf("orders", Integer.class))
                .hasSize(10_000)
                .doesNotHaveDuplicates();
        assertThat(this.publisher.published())
                .extracting(PublishedEvent::number)
                .isEqualTo(IntStream.range(0, 10_000).boxed().toList());
        assertThat(this.publisher.published())
                .extracting(event -> event.result().offset())
                .doesNotHaveDuplicates();
    }
}
