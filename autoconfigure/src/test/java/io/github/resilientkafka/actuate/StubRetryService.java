package io.github.resilientkafka.actuate;

import io.github.resilientkafka.delivery.DeadLetterReplays;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.delivery.ReplayJob;
import io.github.resilientkafka.delivery.ReplayOptions;
import io.github.resilientkafka.delivery.ReplayProgress;
import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.store.RetryStats;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A retry service whose database answers, fails or hangs as the test wants.
 */
final class StubRetryService implements FailedEventRetryService, DeadLetterReplays {

    final AtomicInteger asked = new AtomicInteger();

    final List<String> done = new ArrayList<>();

    volatile RetryStats stats = new RetryStats(0, true, 0, 0, 0, null);

    volatile RuntimeException failure;

    volatile CountDownLatch hang;

    boolean present = true;

    final List<StubReplay> replays = new ArrayList<>();

    RuntimeException refusal;

    static StubRetryService pending(long pending, Instant oldest) {
        StubRetryService service = new StubRetryService();
        service.stats = new RetryStats(pending, true, 7, 2, 1, oldest);
        return service;
    }

    @Override
    public RetryStats getRetryStats() {
        this.asked.incrementAndGet();
        CountDownLatch latch = this.hang;
        if (latch != null) {
            try {
                latch.await();
            } catch (InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
        }
        if (this.failure != null) {
            throw this.failure;
        }
        return this.stats;
    }

    @Override
    public void drainNow() {}

    @Override
    public boolean retry(long id) {
        this.done.add("retry " + id);
        return this.present;
    }

    @Override
    public boolean discard(long id) {
        this.done.add("discard " + id);
        return this.present;
    }

    @Override
    public ReplayJob replayDeadLetters(String topic, ReplayOptions options) {
        if (this.refusal != null) {
            throw this.refusal;
        }
        StubReplay replay = new StubReplay(UUID.randomUUID(), topic, options);
        this.replays.add(replay);
        return replay;
    }

    @Override
    public ReplayJob start(String topic, ReplayOptions options) {
        return replayDeadLetters(topic, options);
    }

    @Override
    public List<ReplayJob> jobs() {
        return replayJobs();
    }

    @Override
    public Optional<ReplayJob> job(UUID id) {
        return replayJob(id);
    }

    @Override
    public List<ReplayJob> replayJobs() {
        return List.copyOf(this.replays);
    }

    @Override
    public Optional<ReplayJob> replayJob(UUID id) {
        return this.replays.stream()
                .filter(replay -> replay.id().equals(id))
                .map(ReplayJob.class::cast)
                .findFirst();
    }

    /**
     * Has replayed four of ten until it is cancelled.
     */
    static final class StubReplay implements ReplayJob {

        private final UUID id;

        private final String topic;

        private final ReplayOptions options;

        private State state = State.RUNNING;

        StubReplay(UUID id, String topic, ReplayOptions options) {
            this.id = id;
            this.topic = topic;
            this.options = options;
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
            return new ReplayProgress(this.state, 10, 4, 0, 0, 6, 1.5, Instant.EPOCH, null, null, List.of());
        }

        @Override
        public boolean cancel() {
            boolean running = this.state == State.RUNNING;
            this.state = State.CANCELLED;
            return running;
        }
    }
}
