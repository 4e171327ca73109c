package io.github.resilientkafka.chaos;

import java.util.List;
import java.util.Map;

/**
 * What the evidence says.
 *
 * @param violations of promises, each in a sentence; none if all is well
 * @param published how many events were published
 * @param kept how many of them were promised to be kept
 * @param duplicates how many records came more than once, by the fault they are attributed to
 * @param repeats how often a record was handled again, by the fault that is attributed to
 * @param deadLetters how many dead letters there are
 */
record Verdict(
        List<String> violations,
        long published,
        long kept,
        Map<String, Long> duplicates,
        Map<String, Long> repeats,
        long deadLetters) {

    boolean isGood() {
        return this.violations.isEmpty();
    }
}
