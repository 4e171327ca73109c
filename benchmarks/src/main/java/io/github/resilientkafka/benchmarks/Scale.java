package io.github.resilientkafka.benchmarks;

/**
 * The size of a run: 1 is the real one, less is a try-out whose figures mean little.
 *
 * @param factor more than 0, 1 at most
 */
record Scale(double factor) {

    private static final int ROUNDS = 5;

    /** Below it a run shows no more than that everything works. */
    private static final double SMALL = 0.1;

    Scale {
        if (!(factor > 0 && factor <= 1)) {
            throw new IllegalArgumentException("The scale is more than 0 and 1 at most, not " + factor);
        }
    }

    boolean isFull() {
        return this.factor == 1;
    }

    /**
     * So many of what a full run has.
     */
    int of(int full) {
        return Math.max(1, (int) Math.round(full * this.factor));
    }

    int rounds() {
        return rounds(ROUNDS);
    }

    /**
     * Returns how many rounds count where a full run has so many.
     */
    int rounds(int full) {
        return isFull() ? full : (this.factor < SMALL) ? 1 : Math.min(3, full);
    }
}
