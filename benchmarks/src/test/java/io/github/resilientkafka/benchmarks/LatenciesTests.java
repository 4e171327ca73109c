package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatenciesTests {

    private final Latencies latencies = new Latencies();

    @Test
    void aPartOfTheEventsNeededAtMostSoLong() {
        IntStream.rangeClosed(1, 2_000).map(i -> 2_001 - i).forEach(this::addMillis);

        assertThat(this.latencies.millis(0.5)).isEqualTo(1_000);
        assertThat(this.latencies.millis(0.99)).isEqualTo(1_980);
        assertThat(this.latencies.millis(0.999)).isEqualTo(1_998);
        assertThat(this.latencies.millis(1)).isEqualTo(2_000);
        assertThat(this.latencies.count()).isEqualTo(2_000);
    }

    @Test
    void eventsThatComeLaterCount() {
        addMillis(5);
        assertThat(this.latencies.millis(0.99)).isEqualTo(5);

        addMillis(3);

        assertThat(this.latencies.millis(0.5)).isEqualTo(3);
        assertThat(this.latencies.millis(0.99)).isEqualTo(5);
    }

    @Test
    void nothingMeasuredIsAnError() {
        assertThatIllegalStateException().isThrownBy(() -> this.latencies.millis(0.5));
    }

    private void addMillis(int millis) {
        this.latencies.add(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
