package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;

/**
 * Ours and the reference, measured in turn, so that whatever disturbs the machine disturbs both.
 *
 * @param rounds one measurement of each per round
 * @param <T> what a measurement is
 */
record Comparison<T>(List<Round<T>> rounds) {

    /**
     * What was measured in one round.
     */
    record Round<T>(T ours, T reference) {}

    /**
     * Measures. A first round warms up and is discarded; the order alternates, as what runs second finds caches warm
     * and the disk busy.
     * @param rounds how many rounds count
     */
    static <T> Comparison<T> interleaved(int rounds, Callable<T> ours, Callable<T> reference) throws Exception {
        List<Round<T>> measured = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
            Round<T> both = (round % 2 == 0) ? oursFirst(ours, reference) : referenceFirst(ours, reference);
            if (round > 0) {
                measured.add(both);
            }
            Progress.round(round, both.ours(), both.reference());
        }
        return new Comparison<>(List.copyOf(measured));
    }

    private static <T> Round<T> oursFirst(Callable<T> ours, Callable<T> reference) throws Exception {
        T first = ours.call();
        return new Round<>(first, reference.call());
    }

    private static <T> Round<T> referenceFirst(Callable<T> ours, Callable<T> reference) throws Exception {
        T first = reference.call();
        return new Round<>(ours.call(), first);
    }

    /**
     * Makes a figure: medians of both sides, and the median and spread of the rounds' own ratios.
     * @param quantity the quantity to compare
     */
    Figure figure(String benchmark, String setting, String unit, Target target, ToDoubleFunction<T> quantity) {
        List<Double> ours = new ArrayList<>();
        List<Double> reference = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (Round<T> round : this.rounds) {
            double value = quantity.applyAsDouble(round.ours());
            double limit = quantity.applyAsDouble(round.reference());
            ours.add(value);
            reference.add(limit);
            ratios.add(value / limit);
        }
        return new Figure(
                benchmark,
                setting,
                Spread.of(ours).median(),
                unit,
                Spread.of(reference).median(),
                Spread.of(ratios),
                target);
    }
}
