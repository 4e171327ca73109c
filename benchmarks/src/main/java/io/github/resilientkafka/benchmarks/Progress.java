package io.github.resilientkafka.benchmarks;

import java.time.LocalTime;
import java.time.temporal.ChronoUnit;

/**
 * Says on standard output how far the run is.
 */
final class Progress {

    private Progress() {}

    static void say(String text) {
        System.out.println(LocalTime.now().truncatedTo(ChronoUnit.SECONDS) + " " + text);
    }

    static void round(int round, Object ours, Object reference) {
        say((round == 0 ? "  warm-up" : "  round " + round) + ": ours " + ours + ", reference " + reference);
    }
}
