package io.github.resilientkafka.benchmarks;

import java.util.Arrays;
import java.util.Collection;

/**
 * What several measurements of one thing came to.
 *
 * @param median the middle one, or the mean of the two in the middle
 * @param lowest the lowest
 * @param highest the highest
 * @param count how many there were
 */
record Spread(double median, double lowest, double highest, int count) {

    static Spread of(Collection<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("Nothing was measured");
        }
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length);
    }

    Spread dividedBy(double divisor) {
        return new Spread(this.median / divisor, this.lowest / divisor, this.highest / divisor, this.count);
    }
}
