package io.github.resilientkafka.chaos;

import java.util.List;
import java.util.Locale;

/**
 * Whether a figure stays where it is: what it was in the second third of a soak, and in the last one. The first third warms
 * up. A count that goes up and down, as that of open sockets does, may by chance have been lower in the second third than
 * in the first. It is compared with the higher one, unless it still rises within the last third, as what leaks does.
 *
 * @param what the figure
 * @param before in the second third, or, of a count that does not rise any more, in the first if that was higher
 * @param after in the last third
 * @param bound what it may be in the last third
 */
record Flatness(String what, long before, long after, long bound) {

    /**
     * Judges a count by medians, for what is always there: one more of it after each outage shows.
     * @param growth how much more there may be in the last third
     */
    static Flatness ofCounts(String what, List<Long> samples, long growth) {
        List<Long> last = last(samples);
        boolean rises =
                median(last.subList(last.size() / 2, last.size())) > median(last.subList(0, last.size() / 2)) + growth;
        long before = median(second(samples));
        if (!rises) {
            before = Math.max(before, median(first(samples)));
        }
        return new Flatness(what, before, median(last), before + growth);
    }

    /** Judges by medians; so many times as much as before is allowed. */
    static Flatness ofMedians(String what, List<Long> samples, double factor) {
        long before = median(second(samples));
        return new Flatness(what, before, median(last(samples)), Math.round(before * factor));
    }

    /** Judges by peaks, for what comes and goes with each outage; so many times as much as before is allowed. */
    static Flatness ofPeaks(String what, List<Long> samples, double factor) {
        long before = peak(second(samples));
        return new Flatness(what, before, peak(last(samples)), Math.round(before * factor));
    }

    private static List<Long> first(List<Long> samples) {
        return samples.subList(0, samples.size() / 3);
    }

    private static List<Long> second(List<Long> samples) {
        return samples.subList(samples.size() / 3, samples.size() / 3 * 2);
    }

    private static List<Long> last(List<Long> samples) {
        return samples.subList(samples.size() / 3 * 2, samples.size());
    }

    private static long median(List<Long> samples) {
        return samples.stream().sorted().toList().get(samples.size() / 2);
    }

    private static long peak(List<Long> samples) {
        return samples.stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    boolean isFlat() {
        return this.after <= this.bound;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-11s %s: %,d, then %,d (at most %,d)",
                this.what,
                isFlat() ? "flat" : "GROWS",
                this.before,
                this.after,
                this.bound);
    }
}
