package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A source that is slow or dead holds up nobody.
 */
@Timeout(20)
class LastAnswerTests {

    private static final Duration LONG = Duration.ofSeconds(10);

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static final Duration SHORT = Duration.ofMillis(100);

    private final AtomicInteger asked = new AtomicInteger();

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 100);

    @Test
    void whenTheLastAnswerIsRecentThenTheSourceIsNotAskedAgain() {
        try (LastAnswer<Integer> last = counting()) {
            assertThat(last.recent(LONG).value()).isEqualTo(1);
            this.nanos.addAndGet(Duration.ofSeconds(4).toNanos());
            assertThat(last.recent(LONG).value()).isEqualTo(1);
            this.nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            assertThat(last.recent(LONG).value()).isEqualTo(2);
        }
    }

    @Test
    void whenAFreshAnswerIsWantedThenTheSourceIsAskedAgain() {
        try (LastAnswer<Integer> last = counting()) {
            assertThat(last.fresh(LONG).value()).isEqualTo(1);
            assertThat(last.fresh(LONG).value()).isEqualTo(2);
            assertThat(last.recent(LONG).value()).isEqualTo(2);
        }
    }

    @Test
    void whenTheSourceFailsThenTheErrorIsTheAnswerAndIsRemembered() {
        RuntimeException failure = new IllegalStateException("down");
        try (LastAnswer<Integer> last = new LastAnswer<>("test", LONG, () -> {
            this.asked.incrementAndGet();
            throw failure;
        })) {
            assertThat(last.recent(LONG).error()).isSameAs(failure);
            assertThat(last.recent(LONG).error()).isSameAs(failure);
            assertThat(this.asked).hasValue(1);
        }
    }

    @Test
    void whenTheSourceHangsThenOnlyTheFirstCallerWaitsAndTheSourceIsAskedOnce() {
        CountDownLatch hang = new CountDownLatch(1);
        try (LastAnswer<Integer> last = new LastAnswer<>("test", Duration.ofSeconds(5), () -> {
            this.asked.incrementAndGet();
            await(hang);
            return 42;
        })) {
            assertThat(last.recent(SHORT).error()).isInstanceOf(TimeoutException.class);
            long start = System.nanoTime();
            for (int i = 0; i < 50; i++) {
                assertThat(last.recent(LONG).error()).isInstanceOf(TimeoutException.class);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
            assertThat(this.asked).hasValue(1);
            hang.countDown();
            assertThat(last.fresh(LONG).value()).isEqualTo(42);
        }
    }

    @Test
    @DisplayName(
            "W8: an answer that comes too late for one question is there for the next, and known for as long as one likes")
    void whenTheSourceIsSlowerThanTheWaitThenItsLastAnswerIsKnown() {
        Semaphore answers = new Semaphore(0);
        try (LastAnswer<Integer> last = new LastAnswer<>(
                "test",
                Duration.ofSeconds(5),
                () -> {
                    answers.acquireUninterruptibly();
                    return this.asked.incrementAndGet();
                },
                this.nanos::get)) {
            assertThat(last.recent(SHORT, MINUTE).error()).isInstanceOf(TimeoutException.class);
            answers.release();
            Awaitility.await().until(() -> last.recent(Duration.ZERO).value() != null);
            this.nanos.addAndGet(Duration.ofSeconds(15).toNanos());
            assertThat(last.recent(SHORT, MINUTE).value()).isEqualTo(1);
            assertThat(last.recent(SHORT).error()).isInstanceOf(TimeoutException.class);
            this.nanos.addAndGet(Duration.ofSeconds(45).toNanos());
            assertThat(last.recent(SHORT, MINUTE).error()).isInstanceOf(TimeoutException.class);
        }
    }

    @Test
    @DisplayName("W8: what the source said before it failed is no answer, however long it takes to answer again")
    void whenTheSourceHasFailedSinceThenNoOlderAnswerIsGiven() {
        Semaphore answers = new Semaphore(2);
        try (LastAnswer<Integer> last = new LastAnswer<>(
                "test",
                Duration.ofSeconds(5),
                () -> {
                    answers.acquireUninterruptibly();
                    if (this.asked.incrementAndGet() == 2) {
                        throw new IllegalStateException("down");
                    }
                    return 42;
                },
                this.nanos::get)) {
            assertThat(last.recent(LONG, MINUTE).value()).isEqualTo(42);
            this.nanos.addAndGet(Duration.ofSeconds(6).toNanos());
            assertThat(last.recent(LONG, MINUTE).error()).hasMessage("down");
            this.nanos.addAndGet(Duration.ofSeconds(6).toNanos());
            assertThat(last.recent(SHORT, MINUTE).error()).isInstanceOf(TimeoutException.class);
        }
    }

    @Test
    @DisplayName("H9: when no thread can be had, that is an error, and the source is asked the next time")
    void whenThereIsNoThreadThenTheNextCallerAsksAgain() {
        AtomicBoolean noThread = new AtomicBoolean(true);
        try (LastAnswer<Integer> last = new LastAnswer<>(
                task -> {
                    if (noThread.get()) {
                        throw new InternalError("unable to create native thread");
                    }
                    return new Thread(task);
                },
                Duration.ofSeconds(5),
                this.asked::incrementAndGet,
                this.nanos::get)) {
            assertThat(last.recent(LONG).error()).isInstanceOf(InternalError.class);
            assertThat(last.fresh(LONG).error()).isInstanceOf(InternalError.class);
            noThread.set(false);
            assertThat(last.recent(LONG).value()).isEqualTo(1);
        }
    }

    @Test
    void whenAFreshAnswerIsWantedDuringAnOlderQuestionThenTheOlderAnswerDoesNotDo() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch hang = new CountDownLatch(1);
        try (LastAnswer<Integer> last = new LastAnswer<>("test", LONG, () -> {
            int answer = this.asked.incrementAndGet();
            begun.countDown();
            await(hang);
            return answer;
        })) {
            last.recent(Duration.ZERO);
            begun.await();
            Thread release = new Thread(() -> {
                sleep(SHORT);
                hang.countDown();
            });
            release.start();
            assertThat(last.fresh(LONG).value()).isEqualTo(2);
            release.join();
        }
    }

    @Test
    void whenItIsClosedThenAskingIsAnErrorAndNotAWait() {
        LastAnswer<Integer> last = counting();
        last.close();
        assertThat(last.recent(LONG).error()).isNotNull();
    }

    private LastAnswer<Integer> counting() {
        return new LastAnswer<>("test", Duration.ofSeconds(5), this.asked::incrementAndGet, this.nanos::get);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }
}
