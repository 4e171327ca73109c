package io.github.resilientkafka.benchmarks;

import java.util.Locale;

/**
 * What a ratio should come to.
 *
 * @param atLeast whether more is better
 * @param limit the ratio that is just good enough, or NaN
 */
record Target(boolean atLeast, double limit) {

    /** There is none: the figure is there for comparison. */
    static final Target NONE = new Target(true, Double.NaN);

    static Target atLeast(double limit) {
        return new Target(true, limit);
    }

    static Target atMost(double limit) {
        return new Target(false, limit);
    }

    boolean isMet(double ratio) {
        return this.atLeast ? ratio >= this.limit : ratio <= this.limit;
    }

    /**
     * Says whether it is met, or by what part of the limit it is missed.
     */
    String verdict(double ratio) {
        if (isNone()) {
            return "";
        }
        if (isMet(ratio)) {
            return "met";
        }
        double missedBy = Math.abs(ratio - this.limit) / this.limit * 100;
        return String.format(
                Locale.ROOT, "**missed by %s %%**", missedBy < 10 ? oneDigit(missedBy) : rounded(missedBy));
    }

    private static String oneDigit(double percent) {
        return String.format(Locale.ROOT, "%.1f", percent);
    }

    private static String rounded(double percent) {
        return String.format(Locale.ROOT, "%.0f", percent);
    }

    private boolean isNone() {
        return Double.isNaN(this.limit);
    }

    @Override
    public String toString() {
        if (isNone()) {
            return "–";
        }
        return (this.atLeast ? "≥ " : "≤ ") + String.format(Locale.ROOT, "%.2f", this.limit);
    }
}
