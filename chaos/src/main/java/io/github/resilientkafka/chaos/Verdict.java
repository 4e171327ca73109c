package io.github.resilientkafka.chaos;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the evidence says.
 *
 * @param violations of promises, each in a sentence that begins with the rule and a colon; none if all is well
 * @param published how many events were published
 * @param outcomes how many futures completed with which outcome, or failed
 * @param resolved how many rows were delivered from the database
 * @param circuitOpenings how often a circuit opened
 * @param duplicates how many records came more than once, by the fault they are attributed to
 * @param repeats how often a record was handled again, by the fault that is attributed to
 * @param deadLetters how many dead letters there are
 */
record Verdict(
        List<String> violations,
        long published,
        Map<String, Long> outcomes,
        long resolved,
        long circuitOpenings,
        Map<String, Long> duplicates,
        Map<String, Long> repeats,
        long deadLetters) {

    boolean isGood() {
        return this.violations.isEmpty();
    }

    /** How many violations there are of each rule. */
    Map<String, Long> findings() {
        return this.violations.stream()
                .collect(Collectors.groupingBy(Verdict::ruleOf, TreeMap::new, Collectors.counting()));
    }

    private static String ruleOf(String violation) {
        int colon = violation.indexOf(": ");
        return (colon < 0) ? violation : violation.substring(0, colon);
    }

    /** How many events were promised to be kept. */
    long kept() {
        return count("SENT") + count("STORED");
    }

    long count(String outcome) {
        return this.outcomes.getOrDefault(outcome, 0L);
    }
}
