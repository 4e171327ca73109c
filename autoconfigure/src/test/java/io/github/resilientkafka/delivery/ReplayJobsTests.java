package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.delivery.ReplayProgress.State;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.store.DeadLetterRows;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;

/**
 * Replays as jobs: one for each topic, paced, cancelled, remembered, patient with the database.
 */
class ReplayJobsTests {

    private static final ReplayOptions FAST = ReplayOptions.defaults().withRowsPerSecond(100_000);

    private final Rows rows = new Rows();

    private final DeadLetters deadLetters = mock(DeadLetters.class);

    private final FailedEvents events = mock(FailedEvents.class);

    private final AtomicInteger wakeUps = new AtomicInteger();

    private final ReplayJobs jobs = new ReplayJobs(
            new StoreReplayContext(this.rows, this.events),
            new TopicReplayContext(null, null, null, null, null, this.deadLetters, null, Clock.systemUTC()));

    @BeforeEach
    void start() {
        given(this.events.find(org.mockito.ArgumentMatchers.anyLong())).willReturn(Optional.empty());
        given(this.deadLetters.isDeadLetterTopic("orders.dlq")).willReturn(true);
        this.jobs.onRowsReplayed(this.wakeUps::incrementAndGet);
        this.jobs.start();
    }

    @AfterEach
    void stop() {
        this.rows.gate.countDown();
        this.jobs.destroy();
    }

    @Test
    @DisplayName("replay: everything found is given back, in chunks, and the relay is woken for each")
    void everything() {
        this.rows.present = 1_234;

        ReplayProgress progress = ended(start("orders", FAST));

        assertThat(progress.state()).isEqualTo(State.DONE);
        assertThat(progress.found()).isEqualTo(1_234);
        assertThat(progress.replayed()).isEqualTo(1_234);
        assertThat(progress.left()).isZero();
        assertThat(progress.endedAt()).isNotNull();
        assertThat(this.wakeUps).hasValue(3);
        assertThat(this.rows.largestChunk).isEqualTo(500);
    }

    @Test
    @DisplayName("replay: a dry run counts and changes nothing")
    void dryRun() {
        this.rows.present = 12_345;

        ReplayProgress progress = ended(start("orders", FAST.asDryRun()));

        assertThat(progress.state()).isEqualTo(State.DONE);
        assertThat(progress.found()).isEqualTo(12_345);
        assertThat(progress.left()).isEqualTo(12_345);
        assertThat(this.rows.replayed).isZero();
        assertThat(this.wakeUps).hasValue(0);
    }

    @Test
    @DisplayName("replay: no more than the limit")
    void limit() {
        this.rows.present = 12_345;

        ReplayProgress progress = ended(start("orders", FAST.withLimit(700)));

        assertThat(progress.found()).isEqualTo(700);
        assertThat(progress.replayed()).isEqualTo(700);
        assertThat(this.rows.replayed).isEqualTo(700);
    }

    @Test
    @DisplayName("replay: what somebody else has taken meanwhile is left, and the job ends")
    void takenMeanwhile() {
        this.rows.present = 1_000;
        this.rows.takenByOthers = 300;

        ReplayProgress progress = ended(start("orders", FAST));

        assertThat(progress.state()).isEqualTo(State.DONE);
        assertThat(progress.replayed()).isEqualTo(700);
        assertThat(progress.left()).isEqualTo(300);
    }

    @Test
    @DisplayName("replay: not faster than the rate, a quarter of a second's rows at a time")
    void rate() {
        this.rows.present = 100;
        long start = System.nanoTime();

        ReplayProgress progress = ended(start("orders", FAST.withRowsPerSecond(100)));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(750));
        assertThat(progress.rowsPerSecond()).isBetween(1.0, 134.0);
        assertThat(this.rows.largestChunk).isEqualTo(25);
    }

    @Test
    @DisplayName("replay: cancelled in the middle; what was replayed stays so, the rest is left")
    void cancel() {
        this.rows.present = 10_000;
        ReplayJob job = start("orders", FAST.withRowsPerSecond(40));
        Awaitility.await().until(() -> job.progress().replayed() > 0);

        assertThat(job.cancel()).isTrue();

        ReplayProgress progress = ended(job);
        assertThat(progress.state()).isEqualTo(State.CANCELLED);
        assertThat(progress.replayed()).isEqualTo(this.rows.replayed).isLessThan(1_000);
        assertThat(progress.left()).isEqualTo(10_000 - this.rows.replayed);
        assertThat(job.cancel()).as("it has ended").isFalse();
    }

    @Test
    @DisplayName("replay: one at a time for a topic, four topics at once")
    void bounded() {
        this.rows.hold();
        ReplayJob first = start("orders", FAST);
        assertThatIllegalStateException()
                .isThrownBy(() -> start("orders", FAST))
                .withMessageContaining(first.id().toString());
        start("b", FAST);
        start("c", FAST);
        start("d", FAST);
        assertThatIllegalStateException().isThrownBy(() -> start("e", FAST)).withMessageContaining("4 topics");
        this.rows.gate.countDown();
        Awaitility.await().until(() -> this.jobs.jobs().stream()
                .allMatch(job -> job.progress().state() == State.DONE));

        assertThat(ended(start("orders", FAST)).state()).isEqualTo(State.DONE);
    }

    @Test
    @DisplayName("replay: the last 20 jobs are remembered, newest first")
    void remembered() {
        ReplayJob first = start("orders", FAST);
        ended(first);
        ReplayJob last = first;
        for (int i = 0; i < 30; i++) {
            last = start("orders", FAST);
            ended(last);
        }

        assertThat(this.jobs.jobs()).hasSize(20).first().isSameAs(last);
        assertThat(this.jobs.job(first.id())).isEmpty();
        assertThat(this.jobs.job(last.id())).containsSame(last);
    }

    @Test
    @DisplayName("replay: a topic of dead letters is refused: its rows are those of the topic they were meant for")
    void deadLetterTopic() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> start("orders.dlq", FAST))
                .withMessageContaining("orders.dlq");
        assertThatIllegalArgumentException().isThrownBy(() -> FAST.withRowsPerSecond(0));
        assertThatIllegalArgumentException().isThrownBy(() -> FAST.withLimit(0));
        assertThatIllegalArgumentException().isThrownBy(() -> FAST.withDeadLettered(Instant.EPOCH, Instant.EPOCH));
    }

    @Test
    @DisplayName("replay: a database that is away for a moment is waited for")
    void databaseAwayForAMoment() {
        this.rows.present = 10;
        this.rows.failures.set(1);

        assertThat(ended(start("orders", FAST)).replayed()).isEqualTo(10);
    }

    @Test
    @DisplayName("replay: an error that is not the database's ends the job as failed, and is named")
    void failed() {
        this.rows.present = -1;

        ReplayProgress progress = ended(start("orders", FAST));

        assertThat(progress.state()).isEqualTo(State.FAILED);
        assertThat(progress.error()).contains("broken");
    }

    @Test
    @DisplayName("replay: stopped with the application: cancelled, its thread ended, nothing starts any more")
    void stopped() {
        this.rows.present = 10_000;
        ReplayJob job = start("orders", FAST.withRowsPerSecond(1));
        Awaitility.await().until(() -> job.progress().replayed() > 0);

        this.jobs.stop();

        assertThat(job.progress().state()).isEqualTo(State.CANCELLED);
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("resilient-kafka-replay"));
        assertThatIllegalStateException().isThrownBy(() -> start("orders", FAST));
        this.jobs.start();
        assertThat(start("orders", FAST.withLimit(1))).isNotNull();
        this.jobs.destroy();
        this.jobs.start();
        assertThatIllegalStateException().isThrownBy(() -> start("orders", FAST));
    }

    private ReplayJob start(String topic, ReplayOptions options) {
        return this.jobs.start(topic, options);
    }

    private static ReplayProgress ended(ReplayJob job) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> job.progress().state() != State.RUNNING);
        return job.progress();
    }

    /**
     * Dead letters with the ids 1 to {@code present}, of which others take the last ones between the count and the
     * replay.
     */
    private static final class Rows implements DeadLetterRows {

        private final AtomicInteger failures = new AtomicInteger();

        private volatile CountDownLatch gate = new CountDownLatch(0);

        private volatile long present;

        private volatile long takenByOthers;

        private volatile int replayed;

        private volatile int largestChunk;

        void hold() {
            this.gate = new CountDownLatch(1);
        }

        @Override
        public Sight look(Selection selection, long afterId, int limit) {
            try {
                this.gate.await();
            } catch (InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
            failIfWanted();
            if (this.present < 0) {
                throw new IllegalStateException("broken");
            }
            List<Long> ids = LongStream.rangeClosed(afterId + 1, Math.min(this.present, afterId + limit))
                    .boxed()
                    .toList();
            return new Sight(ids, afterId + ids.size(), ids.size() < limit);
        }

        @Override
        public Chunk replay(Selection selection, long afterId, int scan, int limit, Instant now)
                throws DataAccessException {
            long left = this.present - this.takenByOthers - afterId;
            int count = (int) Math.min(left, Math.min(scan, limit));
            this.replayed += count;
            this.largestChunk = Math.max(this.largestChunk, count);
            return new Chunk(count, afterId + count, count < limit);
        }

        private void failIfWanted() {
            if (this.failures.getAndDecrement() > 0) {
                throw new QueryTimeoutException("away");
            }
        }
    }
}
