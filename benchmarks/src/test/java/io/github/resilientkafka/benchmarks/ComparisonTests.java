package io.github.resilientkafka.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class ComparisonTests {

    @Test
    void measuresInTurnAndDiscardsTheWarmUp() throws Exception {
        List<String> order = new ArrayList<>();

        Comparison<Double> comparison =
                Comparison.interleaved(3, noting(order, "o", 1, 2, 3, 4), noting(order, "r", 100, 10, 10, 10));

        assertThat(String.join("", order)).isEqualTo("or" + "ro" + "or" + "ro");
        assertThat(comparison.rounds())
                .containsExactly(
                        new Comparison.Round<>(2.0, 10.0),
                        new Comparison.Round<>(3.0, 10.0),
                        new Comparison.Round<>(4.0, 10.0));
    }

    @Test
    void comparesRoundByRound() {
        Comparison<Double> comparison = new Comparison<>(List.of(
                new Comparison.Round<>(90.0, 100.0),
                new Comparison.Round<>(40.0, 50.0),
                new Comparison.Round<>(200.0, 150.0)));

        Figure figure = comparison.figure("b", "s", "u", Target.atLeast(0.9), Double::doubleValue);

        assertThat(figure.value()).isEqualTo(90);
        assertThat(figure.reference()).isEqualTo(100);
        assertThat(figure.ratio().median()).as("median of 0.9, 0.8, 1.33").isEqualTo(0.9);
        assertThat(figure.ratio().lowest()).isEqualTo(0.8);
        assertThat(figure.ratio().highest()).isCloseTo(1.333, within(0.001));
        assertThat(figure.ratio().count()).isEqualTo(3);
    }

    @Test
    void medianOfAnEvenNumberIsTheMeanOfTheMiddle() {
        assertThat(Spread.of(List.of(4.0, 1.0, 3.0, 10.0))).isEqualTo(new Spread(3.5, 1, 10, 4));
        assertThat(Spread.of(List.of(3.0, 1.0, 2.0)).dividedBy(2)).isEqualTo(new Spread(1, 0.5, 1.5, 3));
    }

    @Test
    void nothingMeasuredIsAnError() {
        assertThatIllegalArgumentException().isThrownBy(() -> Spread.of(List.of()));
    }

    private static Callable<Double> noting(List<String> order, String name, double... results) {
        Iterator<Double> next = Arrays.stream(results).iterator();
        return () -> {
            order.add(name);
            return next.next();
        };
    }
}
