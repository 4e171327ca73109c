package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BackoffTests {

    private static Backoff backoff(double... random) {
        Deque<Double> numbers = new ArrayDeque<>();
        for (double number : random) {
            numbers.add(number);
        }
        return new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10), () -> numbers.isEmpty() ? 1 : numbers.poll());
    }

    @Test
    @DisplayName("P3 g: bounds are 1, 2, 4, 8, then 10 seconds, for ever")
    void bounds() {
        Backoff backoff = backoff();
        assertThat(IntStream.of(1, 2, 3, 4, 5, 6, 40, 1_000_000).mapToObj(backoff::after))
                .extracting(Duration::toSeconds)
                .containsExactly(1L, 2L, 4L, 8L, 10L, 10L, 10L, 10L);
    }

    @Test
    @DisplayName("P3 g: the delay is anything between nothing and the bound")
    void jitter() {
        Backoff backoff = backoff(0, 0.25, 0.5);
        assertThat(List.of(backoff.after(3), backoff.after(3), backoff.after(3)))
                .extracting(Duration::toMillis)
                .containsExactly(0L, 1_000L, 2_000L);
        Random random = new Random(1);
        Backoff real = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10), random::nextDouble);
        assertThat(IntStream.range(0, 1_000).mapToLong(i -> real.after(5).toMillis()))
                .allMatch(delay -> delay >= 0 && delay <= 10_000)
                .anyMatch(delay -> delay < 1_000)
                .anyMatch(delay -> delay > 9_000);
    }

    @Test
    @DisplayName("g: who is fenced waits half of a long time at least")
    void fenced() {
        Crash fenced = Crash.of(Crash.Kind.FENCED);
        assertThat(fenced.delay(backoff(0), Duration.ofMinutes(1), 1)).isEqualTo(Duration.ofSeconds(30));
        assertThat(fenced.delay(backoff(1), Duration.ofMinutes(1), 1)).isEqualTo(Duration.ofMinutes(1));
    }
}
