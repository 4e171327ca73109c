package io.github.resilientkafka.benchmarks;

import java.util.List;

/**
 * One result: a quantity of ours beside its reference.
 *
 * @param benchmark its name
 * @param setting under which circumstances
 * @param value ours, the median
 * @param unit of value and reference
 * @param reference what is possible, or allowed, here
 * @param ratio ours divided by the reference, round by round
 * @param target what the ratio should be
 */
record Figure(
        String benchmark, String setting, double value, String unit, double reference, Spread ratio, Target target) {

    private static final String SEPARATOR = "\t";

    /**
     * Makes a figure whose reference is a fixed bound.
     */
    static Figure bounded(
            String benchmark, String setting, Spread value, String unit, double reference, Target target) {
        return new Figure(benchmark, setting, value.median(), unit, reference, value.dividedBy(reference), target);
    }

    String verdict() {
        return this.target.verdict(this.ratio.median());
    }

    /**
     * Writes it for {@link #parse}, unrounded.
     */
    String toLine() {
        return String.join(
                SEPARATOR,
                this.benchmark,
                this.setting,
                "" + this.value,
                this.unit,
                "" + this.reference,
                "" + this.ratio.median(),
                "" + this.ratio.lowest(),
                "" + this.ratio.highest(),
                "" + this.ratio.count(),
                "" + this.target.atLeast(),
                "" + this.target.limit());
    }

    static Figure parse(String line) {
        List<String> parts = List.of(line.split(SEPARATOR, -1));
        return new Figure(
                parts.get(0),
                parts.get(1),
                Double.parseDouble(parts.get(2)),
                parts.get(3),
                Double.parseDouble(parts.get(4)),
                new Spread(
                        Double.parseDouble(parts.get(5)),
                        Double.parseDouble(parts.get(6)),
                        Double.parseDouble(parts.get(7)),
                        Integer.parseInt(parts.get(8))),
                new Target(Boolean.parseBoolean(parts.get(9)), Double.parseDouble(parts.get(10))));
    }
}
