package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplayProgress.State;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * One replay, run by a thread of its own. What it has not replayed when it ends, in whatever way, can be replayed by
 * another one.
 */
abstract class Replay implements ReplayJob, Runnable {

    private static final Logger logger = LoggerFactory.getLogger(Replay.class);

    private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

    private static final int CHUNKS_PER_SECOND = 4;

    private final UUID id;

    private final String topic;

    private final ReplayOptions options;

    private final Clock clock;

    private final Instant startedAt;

    private final ReplayTally tally;

    private final CountDownLatch stop = new CountDownLatch(1);

    private final CountDownLatch ended = new CountDownLatch(1);

    private long nextLogNanos = System.nanoTime() + LOG_INTERVAL.toNanos();

    private long nextChunkNanos = System.nanoTime();

    Replay(UUID id, String topic, ReplayOptions options, Clock clock) {
        this.id = id;
        this.topic = topic;
        this.options = options;
        this.clock = clock;
        this.startedAt = clock.instant();
        this.tally = new ReplayTally(this.startedAt);
    }

    /**
     * Does it.
     * @return whether everything was done; false if it was told to stop
     */
    abstract boolean work() throws InterruptedException;

    @Override
    public final void run() {
        logger.info(
                "Replay {} of the dead letters of {} ({}) starts{}, {} per second at most{}",
                this.id,
                this.topic,
                this.options.source(),
                this.options.dryRun() ? " as a dry run" : "",
                this.options.rowsPerSecond(),
                this.options.filter().equals(ReplayFilter.ALL) ? "" : ": " + this.options.filter());
        try {
            end(work() ? State.DONE : State.CANCELLED, null);
        } catch (DataAccessException ex) {
            end(State.FAILED, ex.toString());
        } catch (ReplayRefusedException ex) {
            end(State.FAILED, ex.getMessage());
        } catch (InterruptedException ex) {
            end(State.CANCELLED, "its thread was interrupted");
        } catch (RuntimeException | Error ex) {
            end(State.FAILED, ex.toString());
            logger.error("Replay {} of the dead letters of {} failed", this.id, this.topic, ex);
        }
    }

    private void end(State state, @Nullable String error) {
        this.tally.end(state, error, this.clock.instant());
        log();
        this.ended.countDown();
    }

    /**
     * Returns how many are replayed in one piece: what a quarter of a second may bring.
     */
    final int chunk(int most) {
        return Math.max(1, Math.min(most, this.options.rowsPerSecond() / CHUNKS_PER_SECOND));
    }

    /**
     * Waits until the next chunk may begin.
     * @return false if the job was told to stop
     */
    final boolean pace() throws InterruptedException {
        return !this.stop.await(this.nextChunkNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    final void paid(long replayed) {
        if (replayed > 0) {
            // Time lost is not made up for: the rate is what others can bear, not an average.
            this.nextChunkNanos = Math.max(this.nextChunkNanos, System.nanoTime())
                    + TimeUnit.SECONDS.toNanos(replayed) / this.options.rowsPerSecond();
        }
    }

    /**
     * Waits.
     * @return whether the job was told to stop
     */
    final boolean awaitStop(Duration atMost) throws InterruptedException {
        return this.stop.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    final boolean isStopped() {
        return this.stop.getCount() == 0;
    }

    final ReplayTally tally() {
        return this.tally;
    }

    final Clock clock() {
        return this.clock;
    }

    /**
     * Returns what ends the window of time: dead letters that are made while the job runs must not be replayed by it for
     * ever.
     */
    final Instant before() {
        Instant before = this.options.filter().deadLetteredBefore();
        return (before != null && before.isBefore(this.startedAt)) ? before : this.startedAt;
    }

    final void logNowAndThen() {
        if (System.nanoTime() - this.nextLogNanos >= 0) {
            this.nextLogNanos = System.nanoTime() + LOG_INTERVAL.toNanos();
            log();
        }
    }

    final void log() {
        ReplayProgress progress = progress();
        logger.info(
                "Replay {} of the dead letters of {}: {}, {} found, {} replayed, {} parked, {} left, {} per second{}",
                this.id,
                this.topic,
                progress.state(),
                progress.found(),
                progress.replayed(),
                progress.parked(),
                progress.left(),
                Math.round(progress.rowsPerSecond()),
                (progress.error() == null) ? "" : ": " + progress.error());
    }

    final boolean isRunning() {
        return this.tally.isRunning();
    }

    /**
     * Waits for its end.
     * @return whether it has ended
     */
    final boolean awaitEnd(Duration atMost) throws InterruptedException {
        return this.ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public final UUID id() {
        return this.id;
    }

    @Override
    public final String topic() {
        return this.topic;
    }

    @Override
    public final ReplayOptions options() {
        return this.options;
    }

    @Override
    public final ReplayProgress progress() {
        return this.tally.progress();
    }

    @Override
    public final boolean cancel() {
        boolean running = isRunning() && !isStopped();
        this.stop.countDown();
        return running;
    }
}
