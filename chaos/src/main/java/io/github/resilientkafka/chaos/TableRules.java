package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.chaos.Evidence.Undeliverable;
import io.github.resilientkafka.chaos.Payload.Kind;
import io.github.resilientkafka.chaos.Reasons.Second;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What becomes of stored events: rows are written down by who may, and none is left but those that Kafka refuses.
 */
final class TableRules {

    private final Facts facts;

    TableRules(Facts facts) {
        this.facts = facts;
    }

    void check(Map<String, Long> duplicates) {
        whatIsStoredHasARow();
        whatKafkaRefusesIsGivenUp(duplicates);
        onlyTheHolderOfALaneSettles();
        this.facts.evidence().rows().stream()
                .filter(row -> !(row.isAtRest() && row.payload().kind() == Kind.TOO_LARGE))
                .forEach(row -> this.facts.violation("Left in the table: " + row));
    }

    /** Also that the ledger was kept: other rules say nothing of rows that nobody has seen. */
    private void whatIsStoredHasARow() {
        Set<Payload> stored =
                this.facts.evidence().changes().stream().map(RowChange::payload).collect(Collectors.toSet());
        this.facts.kept().values().stream()
                .filter(kept -> kept.outcome().equals("STORED") && !stored.contains(kept.payload()))
                .forEach(kept -> this.facts.violation("Said to be stored, and never was: " + kept));
    }

    /**
     * Promise 5: an event that Kafka refuses for itself becomes a dead letter after its retries, all of them; no other
     * event does, and an outage is no retry.
     */
    private void whatKafkaRefusesIsGivenUp(Map<String, Long> duplicates) {
        Map<Payload, LogRecord> givenUp = new HashMap<>();
        this.facts.evidence().undeliverable().stream()
                .sorted(Comparator.comparing(each -> each.copy().appendedMillis()))
                .forEach(each -> {
                    if (each.payload().kind() != Kind.TOO_LARGE) {
                        this.facts.violation("Given up, though Kafka would have taken it: " + each);
                    } else if (each.attempts() != World.MAX_ATTEMPTS) {
                        this.facts.violation(
                                "Given up after another number of retries than " + World.MAX_ATTEMPTS + ": " + each);
                    }
                    LogRecord first = givenUp.put(each.payload(), each.copy());
                    if (first != null) {
                        duplicates.merge(reasonOfSecond(first, each), 1L, Long::sum);
                    }
                });
        this.facts.kept().keySet().stream()
                .filter(payload -> payload.kind() == Kind.TOO_LARGE && !givenUp.containsKey(payload))
                .forEach(payload -> this.facts.violation("Lost, too large and not dead-lettered: " + payload));
    }

    private String reasonOfSecond(LogRecord first, Undeliverable second) {
        return this.facts
                .reasons()
                .of(new Second(
                        "A second dead letter: " + second.payload(),
                        Fault::makesDuplicatesOfDeadLetters,
                        List.of(),
                        first.appendedMillis(),
                        second.copy().appendedMillis(),
                        "duplicates " + second.payload().instance(),
                        TopicRules.MOST_DUPLICATES));
    }

    /** Who has lost a lane to another instance must not write down anything of its rows any more. */
    private void onlyTheHolderOfALaneSettles() {
        Set<Long> known = new HashSet<>();
        for (RowChange change : this.facts.evidence().changes()) {
            if (!known.add(change.row()) && !change.instance().equals(change.holder())) {
                this.facts.violation("Settled by one that had lost the lane: " + change);
            }
        }
    }
}
