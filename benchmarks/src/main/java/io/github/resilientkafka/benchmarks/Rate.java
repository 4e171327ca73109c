package io.github.resilientkafka.benchmarks;

import java.util.Locale;

/**
 * So many events in so much time.
 */
record Rate(int events, double seconds) {

    static Rate of(int events, Usage.Work work) throws Exception {
        System.gc();
        long before = System.nanoTime();
        work.run();
        return new Rate(events, (System.nanoTime() - before) / 1e9);
    }

    double perSecond() {
        return this.events / this.seconds;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%,.0f/s", perSecond());
    }
}
