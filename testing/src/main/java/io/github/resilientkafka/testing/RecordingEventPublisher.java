package io.github.resilientkafka.testing;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.EventRules;
import io.github.resilientkafka.message.OutgoingEvent;
import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.ConnectionState;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherStats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An {@link EventPublisher} for unit tests: keeps what is published, in order, and does what the test tells it. Needs no
 * broker, no database and no Spring.
 *
 * <pre>{@code
 * RecordingEventPublisher publisher = new RecordingEventPublisher();
 * new OrderService(publisher).place(order);
 * assertThat(publisher.eventsOf("orders", OrderPlaced.class)).containsExactly(new OrderPlaced("c1", 3));
 * }</pre>
 *
 * <p>Events are checked as the real publisher checks them (no key, an invalid topic name …), but not serialised. Unless
 * told otherwise, futures are complete when {@code publish} returns; the real publisher completes them later, on a
 * thread of its own. Thread-safe.
 */
public final class RecordingEventPublisher implements EventPublisher {

    /** Where events are recorded that name no topic: the default topic's name is a setting, which is not read here. */
    public static final String DEFAULT_TOPIC = "default-topic";

    private static final long EVENT_BYTES = 600;

    private final List<PublishedEvent> published = new ArrayList<>();
    private final List<FailedPublish> failed = new ArrayList<>();
    private final List<FailureRule> rules = new ArrayList<>();
    private final List<Runnable> held = new ArrayList<>();
    private final Map<String, Long> nextOffsets = new HashMap<>();
    private boolean away;
    private boolean holding;
    private long lost;

    private static final class FailureRule {

        private final Predicate<OutgoingEvent> events;
        private final PublishFailure failure;
        private int remaining;

        private FailureRule(Predicate<OutgoingEvent> events, PublishFailure failure, int remaining) {
            this.events = events;
            this.failure = failure;
            this.remaining = remaining;
        }

        private PublishFailure apply() {
            this.remaining--;
            return this.failure;
        }
    }

    /**
     * An event that was not taken.
     *
     * @param outgoing the event as it was published
     * @param exception what was thrown, or what its future failed with
     */
    public record FailedPublish(OutgoingEvent outgoing, RuntimeException exception) {}

    /** Creates a publisher that takes everything: {@link Outcome#SENT}. */
    public RecordingEventPublisher() {}

    @Override
    public CompletableFuture<PublishResult> publish(String topic, Object key, @Nullable Object event) {
        return publish(OutgoingEvent.of(topic, key, event));
    }

    @Override
    public CompletableFuture<PublishResult> publish(OutgoingEvent event) {
        Answer answer = decide(event);
        if (answer.completeNow()) {
            // Outside the lock: what is chained to the future may publish again.
            answer.completion().run();
        }
        return answer.future();
    }

    private record Answer(CompletableFuture<PublishResult> future, Runnable completion, boolean completeNow) {}

    private synchronized Answer decide(OutgoingEvent event) {
        UUID eventId = (event.eventId() != null) ? event.eventId() : EventIds.next(System.currentTimeMillis());
        FailureRule rule = ruleFor(event);
        String topic = topicOf(event);
        if (rule == null || rule.failure != PublishFailure.CLOSED) {
            EventRules.checkTopic(topic);
            EventRules.checkKeyPartitionAndTimestamp(topic, event);
        }
        PublishFailure failure = (rule == null) ? null : rule.apply();
        CompletableFuture<PublishResult> future = new CompletableFuture<>();
        if (failure == null) {
            PublishResult result = result(topic, event, eventId);
            this.published.add(new PublishedEvent(this.published.size(), event, result));
            return answer(future, () -> future.complete(result), this.holding);
        }
        RuntimeException exception = recorded(event, failure.exception(topic, event, eventId));
        if (failure.isThrown()) {
            throw exception;
        }
        if (failure == PublishFailure.NOT_STORED) {
            this.lost++;
        }
        boolean hold = this.holding && failure == PublishFailure.NOT_STORED;
        return answer(future, () -> future.completeExceptionally(exception), hold);
    }

    private static String topicOf(OutgoingEvent event) {
        return (event.topic() != null) ? event.topic() : DEFAULT_TOPIC;
    }

    private Answer answer(CompletableFuture<PublishResult> future, Runnable completion, boolean hold) {
        if (hold) {
            this.held.add(completion);
        }
        return new Answer(future, completion, !hold);
    }

    private @Nullable FailureRule ruleFor(OutgoingEvent event) {
        for (FailureRule rule : this.rules) {
            if (rule.remaining > 0 && rule.events.test(event)) {
                return rule;
            }
        }
        return null;
    }

    private RuntimeException recorded(OutgoingEvent event, RuntimeException exception) {
        this.failed.add(new FailedPublish(event, exception));
        return exception;
    }

    private PublishResult result(String topic, OutgoingEvent event, UUID eventId) {
        if (this.away) {
            return new PublishResult(Outcome.STORED, eventId, topic, null, null);
        }
        int partition = (event.partition() != null) ? event.partition() : 0;
        long offset = this.nextOffsets.merge(topic + "-" + partition, 1L, Long::sum) - 1;
        return new PublishResult(Outcome.SENT, eventId, topic, partition, offset);
    }

    /** What was taken so far, sent or stored, in order; also what still waits for {@link #releaseFutures()}. */
    public synchronized List<PublishedEvent> published() {
        return List.copyOf(this.published);
    }

    /** What was taken so far for a topic, in order. */
    public List<PublishedEvent> published(String topic) {
        return published().stream().filter(event -> event.topic().equals(topic)).toList();
    }

    /** The bodies of a type that were taken so far for a topic, in order; bodies of other types are left out. */
    public <T> List<T> eventsOf(String topic, Class<T> type) {
        return published(topic).stream()
                .map(PublishedEvent::event)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    /** What was not taken so far since the test said so, in order; events that are invalid by themselves are not here. */
    public synchronized List<FailedPublish> failed() {
        return List.copyOf(this.failed);
    }

    /** Fails the next events, whatever they are; later ones are taken again. */
    public void failNext(int count, PublishFailure failure) {
        addRule(event -> true, failure, count);
    }

    /** Fails every event for a topic (also {@link #DEFAULT_TOPIC}) until {@link #failNothing()}. */
    public void failTopic(String topic, PublishFailure failure) {
        Objects.requireNonNull(topic);
        failWhen(event -> topic.equals(topicOf(event)), failure);
    }

    /** Fails every event that a test picks until {@link #failNothing()}. Where several rules apply, the oldest does. */
    public void failWhen(Predicate<OutgoingEvent> events, PublishFailure failure) {
        addRule(events, failure, Integer.MAX_VALUE);
    }

    private synchronized void addRule(Predicate<OutgoingEvent> events, PublishFailure failure, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("The number of events to fail is not positive: " + count);
        }
        this.rules.add(new FailureRule(Objects.requireNonNull(events), Objects.requireNonNull(failure), count));
    }

    /** Takes events again: forgets all that was to fail. */
    public synchronized void failNothing() {
        this.rules.clear();
    }

    /** From now on events are {@link Outcome#STORED}, as in an outage: with no partition and no offset. */
    public synchronized void kafkaAway() {
        this.away = true;
    }

    /** From now on events are {@link Outcome#SENT} again. */
    public synchronized void kafkaBack() {
        this.away = false;
    }

    /** From now on futures stay open; their events count as published. */
    public synchronized void holdFutures() {
        this.holding = true;
    }

    /** Completes the futures that are held, in the order of publishing, in this thread; later ones are not held. */
    public void releaseFutures() {
        List<Runnable> completions;
        synchronized (this) {
            this.holding = false;
            completions = List.copyOf(this.held);
            this.held.clear();
        }
        completions.forEach(Runnable::run);
    }

    /** Back to the beginning, for the next test: nothing recorded, nothing fails, and futures that are held complete. */
    public void reset() {
        releaseFutures();
        synchronized (this) {
            this.published.clear();
            this.failed.clear();
            this.rules.clear();
            this.nextOffsets.clear();
            this.away = false;
            this.lost = 0;
        }
    }

    /** Figures that go with what the test has asked for: the circuit is open while Kafka is away, what is held is queued. */
    @Override
    public synchronized PublisherStats getPublisherStats() {
        return new PublisherStats(
                true,
                true,
                this.away ? "OPEN" : "CLOSED",
                this.away ? ConnectionState.DISCONNECTED : ConnectionState.CONNECTED,
                true,
                true,
                this.held.size() * EVENT_BYTES,
                this.held.size(),
                0,
                this.lost,
                this.away ? "Kafka is away (says the test)" : null,
                null,
                null);
    }
}
