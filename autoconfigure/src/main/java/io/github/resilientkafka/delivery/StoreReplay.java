package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplayProgress.Example;
import io.github.resilientkafka.store.DeadLetterRows;
import io.github.resilientkafka.store.DeadLetterRows.Chunk;
import io.github.resilientkafka.store.DeadLetterRows.Selection;
import io.github.resilientkafka.store.DeadLetterRows.Sight;
import io.github.resilientkafka.store.FailedEventView;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * A replay of stored dead letters: counts, then gives rows back to the relay, chunk by chunk. A chunk is replayed in one
 * piece or not at all, so there is nothing to tidy up, wherever it ends.
 */
final class StoreReplay extends Replay {

    private static final Logger logger = LoggerFactory.getLogger(StoreReplay.class);

    /**
     * How many rows one statement looks at while counting, and while replaying.
     */
    private static final int LOOK = 5_000;

    private static final int SCAN = 500;

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Selection selection;

    private final DeadLetterRows deadLetters;

    private final FailedEvents events;

    private final Runnable relayWakeUp;

    StoreReplay(
            UUID id,
            String topic,
            ReplayOptions options,
            DeadLetterRows deadLetters,
            FailedEvents events,
            Clock clock,
            Runnable relayWakeUp) {
        super(id, topic, options, clock);
        this.deadLetters = deadLetters;
        this.events = events;
        this.relayWakeUp = relayWakeUp;
        ReplayFilter filter = options.filter();
        this.selection = new Selection(topic, filter.deadLetteredSince(), before(), filter.key());
    }

    @Override
    boolean work() throws InterruptedException {
        return count() && (options().dryRun() || replay());
    }

    private boolean count() throws InterruptedException {
        long after = 0;
        long found = 0;
        boolean end = false;
        while (!end && found < options().limit()) {
            if (isStopped()) {
                return false;
            }
            long from = after;
            Sight sight = patiently(() -> this.deadLetters.look(this.selection, from, LOOK));
            noteExamples(sight.selected());
            found = Math.min(options().limit(), found + sight.selected().size());
            tally().found(found, found);
            after = sight.lastId();
            end = sight.end();
            logNowAndThen();
        }
        return true;
    }

    private void noteExamples(List<Long> ids) throws InterruptedException {
        for (Iterator<Long> next = ids.iterator(); next.hasNext() && tally().wantsExamples(); ) {
            long row = next.next();
            patiently(() -> this.events.find(row)).ifPresent(view -> tally().example(example(view)));
        }
    }

    private static Example example(FailedEventView row) {
        return new Example(
                row.id(),
                null,
                null,
                row.eventId(),
                row.keyText(),
                row.resolvedAt(),
                null,
                null,
                WaitingReason.lastError(row));
    }

    private boolean replay() throws InterruptedException {
        long start = System.nanoTime();
        int chunk = chunk(SCAN);
        long after = 0;
        boolean end = false;
        long done = 0;
        while (!end && done < tally().found()) {
            if (!pace()) {
                return false;
            }
            long from = after;
            int most = (int) Math.min(chunk, tally().found() - done);
            Chunk result =
                    patiently(() -> this.deadLetters.replay(this.selection, from, SCAN, most, clock().instant()));
            after = result.lastId();
            end = result.end();
            done += result.replayed();
            tally().replayed(done, Duration.ofNanos(System.nanoTime() - start));
            if (result.replayed() > 0) {
                this.relayWakeUp.run();
                paid(result.replayed());
            }
            logNowAndThen();
        }
        return true;
    }

    /**
     * A database that is away for a moment does not end a job of an hour.
     */
    private <T> T patiently(Supplier<T> work) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean warned = false;
        while (true) {
            try {
                return work.get();
            } catch (DataAccessException ex) {
                if (isStopped() || System.nanoTime() - deadline >= 0) {
                    throw ex;
                }
                if (!warned) {
                    warned = true;
                    logger.warn(
                            "Replay {} cannot use the database and tries again for {}: {}",
                            id(),
                            PATIENCE,
                            ex.toString());
                }
                awaitStop(PAUSE);
            }
        }
    }
}
