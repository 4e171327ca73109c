package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One direction of a chart.
 *
 * @param from the value at its beginning
 * @param to the value at its end
 * @param logarithmic whether equal distances mean equal ratios
 * @param ticks values to be marked, ascending
 */
record Axis(double from, double to, boolean logarithmic, List<Double> ticks) {

    /**
     * From zero to a round value, with so many round ticks or a few more.
     */
    static Axis upTo(double highest, int ticks) {
        double step = roundStep(Math.max(highest, 1e-9) / ticks);
        double to = Math.ceil(highest / step - 1e-9) * step;
        return linear(Math.max(to, step), step);
    }

    /**
     * From zero to just this value, with round ticks.
     */
    static Axis exactlyTo(double highest, int ticks) {
        return linear(highest, roundStep(highest / ticks));
    }

    private static Axis linear(double to, double step) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i * step <= to * (1 + 1e-9); i++) {
            values.add(i * step);
        }
        return new Axis(0, to, false, List.copyOf(values));
    }

    /**
     * Whole powers of ten around the values, with a tick each.
     * @param lowest more than 0
     */
    static Axis logarithmic(double lowest, double highest) {
        int first = (int) Math.floor(Math.log10(lowest));
        int last = Math.max(first + 1, (int) Math.ceil(Math.log10(highest)));
        List<Double> values = new ArrayList<>();
        for (int power = first; power <= last; power++) {
            values.add(Math.pow(10, power));
        }
        return new Axis(Math.pow(10, first), Math.pow(10, last), true, List.copyOf(values));
    }

    private static double roundStep(double atLeast) {
        double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * power >= atLeast * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /**
     * Where a value is: 0 at the beginning, 1 at the end, no further.
     */
    double position(double value) {
        double position = this.logarithmic
                ? Math.log(Math.max(value, this.from) / this.from) / Math.log(this.to / this.from)
                : (value - this.from) / (this.to - this.from);
        return Math.max(0, Math.min(1, position));
    }

    static String label(double value) {
        if (value >= 1 || value == 0) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        String text = String.format(Locale.ROOT, "%.6f", value);
        return text.replaceAll("0+$", "");
    }
}
