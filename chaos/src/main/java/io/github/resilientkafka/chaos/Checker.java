package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Entry.CircuitOpened;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Refused;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares what was promised with what is there. Needs no server: it is tested with evidence that was made up. The rules
 * are in {@link FutureRules}, {@link TopicRules}, {@link HandlingRules} and {@link TableRules}; which fault may be the
 * reason for what, in {@link Reasons}.
 */
final class Checker {

    private Checker() {}

    static Verdict check(Evidence evidence) {
        Facts facts = new Facts(evidence);
        if (evidence.unrest() != null) {
            facts.violation("No rest: " + evidence.unrest());
        }
        Map<String, Long> duplicates = new TreeMap<>();
        Map<String, Long> repeats = new TreeMap<>();
        new FutureRules(facts).check();
        new TopicRules(facts).check(duplicates);
        new HandlingRules(facts).check(duplicates, repeats);
        new TableRules(facts).check(duplicates);
        Map<String, Long> outcomes = new TreeMap<>();
        facts.entries(Kept.class).forEach(each -> outcomes.merge(each.outcome(), 1L, Long::sum));
        facts.entries(Refused.class).forEach(each -> outcomes.merge(each.error(), 1L, Long::sum));
        return new Verdict(
                facts.violations(),
                facts.published().size(),
                outcomes,
                evidence.changes().stream()
                        .filter(change -> change.status().equals("RESOLVED"))
                        .count(),
                facts.entries(CircuitOpened.class).count(),
                duplicates,
                repeats,
                evidence.deadLetters().size());
    }
}
