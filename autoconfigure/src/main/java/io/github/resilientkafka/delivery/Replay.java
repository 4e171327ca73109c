package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.store.DeadLetterRows;
import io.github.resilientkafka.store.DeadLetterRows.Chunk;
import io.github.resilientkafka.store.DeadLetterRows.Selection;
import io.github.resilientkafka.store.DeadLetterRows.Sight;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * One replay, run by a thread of its own: counts, then gives rows back to the relay, chunk by chunk. A chunk is replayed
 * in one piece or not at all, so there is nothing to tidy up, wherever it ends.
 */
final class Replay implements ReplayJob, Runnable {

    private static final Logger logger = LoggerFactory.getLogger(Replay.class);

    /**
     * How many rows one statement looks at while counting, and while replaying.
     */
    private static final int LOOK = 5_000;

    private static final int SCAN = 500;

    private static final int CHUNKS_PER_SECOND = 4;

    private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private static final long PAUSE_MILLIS = 1_000;

    private final UUID id;

    private final String topic;

    private final ReplayOptions options;

    private final Selection selection;

    private final DeadLetterRows deadLetters;

    private final FailedEvents events;

    private final Clock clock;

    private final Runnable relayWakeUp;

    private final CountDownLatch stop = new CountDownLatch(1);

    private final ReplayTally tally;

    private long nextLogNanos = System.nanoTime() + LOG_INTERVAL.toNanos();

    Replay(
            UUID id,
            String topic,
            ReplayOptions options,
            DeadLetterRows deadLetters,
            FailedEvents events,
            Clock clock,
            Runnable relayWakeUp) {
        this.id = id;
        this.topic = topic;
        this.options = options;
        this.deadLetters = deadLetters;
        this.events = events;
        this.clock = clock;
        this.relayWakeUp = relayWakeUp;
        Instant startedAt = clock.instant();
        this.tally = new ReplayTally(startedAt);
        Instant before = options.deadLetteredBefore();
        // What is dead-lettered once more while the job runs must not be replayed by it for ever.
        boolean earlier = before != null && before.isBefore(startedAt);
        this.selection = new Selection(
                topic, options.deadLetteredSince(), (earlier && before != null) ? before : startedAt, options.key());
    }

    @Override
    public void run() {
        logger.info(
                "Replay {} of the dead letters of {} starts{}: those from before {}, {} per second at most",
                this.id,
                this.topic,
                this.options.dryRun() ? " as a dry run" : "",
                this.selection.before(),
                this.options.rowsPerSecond());
        try {
            boolean complete = count() && (this.options.dryRun() || replay());
            end(complete ? State.DONE : State.CANCELLED, null);
        } catch (DataAccessException ex) {
            end(State.FAILED, ex.toString());
        } catch (InterruptedException ex) {
            end(State.CANCELLED, "its thread was interrupted");
        } catch (RuntimeException | Error ex) {
            logger.error("Replay {} of the dead letters of {} failed", this.id, this.topic, ex);
            end(State.FAILED, ex.toString());
        }
    }

    private boolean count() throws InterruptedException {
        long after = 0;
        long found = 0;
        boolean end = false;
        while (!end && found < this.options.limit()) {
            if (isStopped()) {
                return false;
            }
            long from = after;
            Sight sight = patiently(() -> this.deadLetters.look(this.selection, from, LOOK));
            noteExamples(sight.selected());
            found = Math.min(this.options.limit(), found + sight.selected().size());
            this.tally.found(found);
            after = sight.lastId();
            end = sight.end();
            logNowAndThen();
        }
        return true;
    }

    private void noteExamples(List<Long> ids) throws InterruptedException {
        for (Iterator<Long> next = ids.iterator(); next.hasNext() && this.tally.wantsExamples(); ) {
            long row = next.next();
            patiently(() -> this.events.find(row)).ifPresent(this.tally::example);
        }
    }

    private boolean replay() throws InterruptedException {
        long start = System.nanoTime();
        long next = start;
        int chunk = Math.max(1, Math.min(SCAN, this.options.rowsPerSecond() / CHUNKS_PER_SECOND));
        long after = 0;
        boolean end = false;
        long done = 0;
        while (!end && done < this.tally.found()) {
            if (this.stop.await(next - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
            long from = after;
            int most = (int) Math.min(chunk, this.tally.found() - done);
            Chunk result =
                    patiently(() -> this.deadLetters.replay(this.selection, from, SCAN, most, this.clock.instant()));
            after = result.lastId();
            end = result.end();
            done += result.replayed();
            this.tally.replayed(done, Duration.ofNanos(System.nanoTime() - start));
            if (result.replayed() > 0) {
                this.relayWakeUp.run();
                // Time lost is not made up for: the rate is what others can bear, not an average.
                next = Math.max(next, System.nanoTime())
                        + TimeUnit.SECONDS.toNanos(result.replayed()) / this.options.rowsPerSecond();
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
                            this.id,
                            PATIENCE,
                            ex.toString());
                }
                this.stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
    }

    private void logNowAndThen() {
        if (System.nanoTime() - this.nextLogNanos >= 0) {
            this.nextLogNanos = System.nanoTime() + LOG_INTERVAL.toNanos();
            log();
        }
    }

    private void log() {
        ReplayProgress progress = progress();
        logger.info(
                "Replay {} of the dead letters of {}: {}, {} found, {} replayed, {} per second{}",
                this.id,
                this.topic,
                progress.state(),
                progress.found(),
                progress.replayed(),
                Math.round(progress.rowsPerSecond()),
                (progress.error() == null) ? "" : ": " + progress.error());
    }

    private void end(State state, @Nullable String error) {
        this.tally.end(state, error, this.clock.instant());
        log();
    }

    private boolean isStopped() {
        return this.stop.getCount() == 0;
    }

    boolean isRunning() {
        return this.tally.isRunning();
    }

    @Override
    public UUID id() {
        return this.id;
    }

    @Override
    public String topic() {
        return this.topic;
    }

    @Override
    public ReplayOptions options() {
        return this.options;
    }

    @Override
    public ReplayProgress progress() {
        return this.tally.progress();
    }

    @Override
    public boolean cancel() {
        boolean running = isRunning() && !isStopped();
        this.stop.countDown();
        return running;
    }
}
