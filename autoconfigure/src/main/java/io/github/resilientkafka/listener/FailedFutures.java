package io.github.resilientkafka.listener;

import io.github.resilientkafka.listener.ListenerProperties.BadData;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.kafka.listener.DelegatingMessageListener;
import org.springframework.kafka.listener.adapter.AsyncRepliesAware;
import org.springframework.kafka.listener.adapter.RecordMessagingMessageListenerAdapter;

/**
 * Takes in the records whose handler returned a future that failed later. spring-kafka has acknowledged them by then, so they
 * cannot wait in their place: they become dead letters at once, or go where the listener's strategy moves what is to be tried
 * again. spring-kafka 3.3 would log them and no more; 4.1 would seek back, and pass over the rest of the partition as soon as the
 * record is handled (seen with 4.1.1). Called on the application's threads; thread-safe.
 */
final class FailedFutures {

    private static final Logger logger = LoggerFactory.getLogger(FailedFutures.class);

    /**
     * Most of them are durable within milliseconds.
     */
    private static final int MOST_UNDER_WAY = 1_000;

    private final String listener;

    private final ListenerSettings settings;

    private final ErrorTable errors;

    private final DeadLetterSender deadLetters;

    private final RetryMoves moves;

    private final ListenerThreads threads;

    private final ListenerObserver observer;

    private final Clock clock;

    /**
     * Records that are durable nowhere at the moment.
     */
    private final Set<FailedRecord> underWay = ConcurrentHashMap.newKeySet();

    FailedFutures(
            String listener,
            ListenerSettings settings,
            ErrorTable errors,
            DeadLetterSender deadLetters,
            RetryMoves moves,
            ListenerThreads threads,
            ListenerQueue queue,
            ListenerObserver observer,
            Clock clock) {
        this.listener = listener;
        this.settings = settings;
        this.errors = errors;
        this.deadLetters = deadLetters;
        this.moves = moves;
        this.threads = threads;
        this.observer = observer;
        this.clock = clock;
        queue.atEnd(this::tellOfLost);
    }

    private void tellOfLost() {
        for (FailedRecord record : this.underWay) {
            logger.error(
                    "Listener {}: the application stops, and a record whose handler's future failed is lost, as it could not be"
                            + " moved away: {}",
                    this.listener,
                    RecordText.of(record.record()));
        }
    }

    /**
     * To be called before a handler is.
     * @throws DependencyDownException if there is nowhere to go for records that fail: no further ones are handled then
     */
    void requireRoom() {
        if (this.underWay.size() >= MOST_UNDER_WAY) {
            throw new DependencyDownException("a place for the " + MOST_UNDER_WAY + " records that failed");
        }
    }

    /**
     * Returns who waits for the futures of a listener's handler, or null if it returns none.
     */
    @SuppressWarnings("unchecked")
    static <K, V> @Nullable RecordMessagingMessageListenerAdapter<K, V> adapterOf(Object messageListener) {
        Object target = messageListener;
        while (target instanceof DelegatingMessageListener<?> delegating) {
            target = delegating.getDelegate();
        }
        return (target instanceof RecordMessagingMessageListenerAdapter<?, ?> adapter
                        && ((AsyncRepliesAware) adapter).isAsyncReplies())
                ? (RecordMessagingMessageListenerAdapter<K, V>) adapter
                : null;
    }

    /**
     * Has failures told to this, whoever was told before: spring-kafka 4 sets its container there at each of its starts.
     */
    <K, V> void listenTo(RecordMessagingMessageListenerAdapter<K, V> adapter) {
        adapter.setCallbackForAsyncFailure(this::failed);
    }

    private void failed(ConsumerRecord<?, ?> record, RuntimeException thrown) {
        Failure failure = classify(thrown);
        this.observer.failed(this.listener, failure.errorClass());
        boolean bad = failure.errorClass() == ErrorClass.BAD_DATA;
        if (bad && this.settings.badData() == BadData.SKIP) {
            logger.warn(
                    "Listener {}: bad record skipped: {}: {}", this.listener, RecordText.of(record), failure.text());
            this.observer.givenUp(this.listener, false);
            return;
        }
        RetryTicket ticket = this.moves.ticketOf(record);
        int before = (ticket == null) ? 0 : ticket.attempts();
        boolean counts = failure.errorClass() != ErrorClass.DEPENDENCY_DOWN && failure.retryAfter() == null;
        boolean away = this.moves.away() && !bad && !(counts && before + 1 >= this.settings.maxAttempts());
        if (!away && !this.deadLetters.takes(record.topic())) {
            logger.error(
                    "Listener {}: its handler's future failed, and a record of a dead-letter topic has nowhere to go: {}: {}",
                    this.listener,
                    RecordText.of(record),
                    failure.text());
            this.observer.givenUp(this.listener, false);
            return;
        }
        Instant firstFailure = (ticket == null) ? this.clock.instant() : ticket.firstFailure();
        Origin origin = (ticket == null) ? Origin.of(record) : ticket.origin();
        int attempts = (counts || !away) ? before + 1 : before;
        send(
                new FailedRecord(
                        record, origin, (away || bad) ? failure : unknown(failure.error()), attempts, firstFailure),
                away ? this.moves.destination() : this.deadLetters,
                1);
    }

    /**
     * A dead letter tells what is wrong with its record. Of one that could not wait for a dependency that is not known.
     */
    private static Failure unknown(Throwable error) {
        return new Failure(ErrorClass.TRANSIENT, error, null, null);
    }

    private Failure classify(RuntimeException thrown) {
        try {
            return this.errors.classify(thrown);
        } catch (RuntimeException ex) {
            logger.error("Listener {}: what an error means could not be decided", this.listener, ex);
            return unknown(ErrorTable.unwrap(thrown));
        }
    }

    /**
     * Tries until it is durable, as long as the application runs: nobody else has the record any more.
     */
    private void send(FailedRecord record, RecordDestination destination, int tries) {
        this.underWay.add(record);
        destination.send(record).whenComplete((durable, error) -> {
            if (error == null) {
                this.underWay.remove(record);
                destination.arrived(record);
                return;
            }
            Duration delay = this.settings.pauseAfter(tries);
            logger.atLevel(Integer.bitCount(tries) == 1 ? Level.ERROR : Level.DEBUG)
                    .log(
                            "Listener {}: its handler's future failed, and its record could not be moved away; this was try {},"
                                    + " the next one is in {} ms: {}: {}",
                            this.listener,
                            tries,
                            delay.toMillis(),
                            RecordText.of(record.record()),
                            ErrorTable.unwrap(error).toString());
            this.threads.schedule(delay, () -> send(record, destination, tries + 1));
        });
    }
}
