package io.github.resilientkafka.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A source that is slow or dead holds up nobody.
 */
@Timeout(20)
class LastAnswerTests {

    private static final Duration LONG = Duration.ofSeconds(10);

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
