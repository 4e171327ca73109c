package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Evidence.Commit;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.chaos.Evidence.Undeliverable;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Compares what was promised with what is there. Needs no server: it is tested with evidence that was made up.
 */
final class Checker {

    /** How long after its end a fault may still be the reason for something. */
    private static final long AFTERMATH_MILLIS = TimeUnit.SECONDS.toMillis(60);

    /** How long after its end a fault may still be the reason that a sender had no answer in time. */
    private static final long WAY_MILLIS = TimeUnit.SECONDS.toMillis(10);

    private final Evidence evidence;

    private final List<String> violations = new ArrayList<>();

    private final Set<Payload> kept;

    private Checker(Evidence evidence) {
        this.evidence = evidence;
        this.kept = entries(Kept.class).map(Kept::payload).collect(Collectors.toSet());
    }

    static Verdict check(Evidence evidence) {
        return new Checker(evidence).verdict();
    }

    private Verdict verdict() {
        if (this.evidence.unrest() != null) {
            this.violations.add("No rest: " + this.evidence.unrest());
        }
        Map<String, Long> duplicates = everyEventIsInItsTopic();
        firstOccurrencesAreInOrder();
        Map<String, Long> repeats = everyRecordIsHandledOrDeadLettered();
        nothingIsCommittedBeforeItIsDone();
        whatKafkaRefusesIsGivenUp(duplicates);
        onlyTheHolderOfALaneSettles();
        onlyTheHolderOfALaneSends();
        this.evidence.rows().stream()
                .filter(row -> !(row.isAtRest() && row.payload().kind() == Kind.TOO_LARGE))
                .forEach(row -> this.violations.add("Left in the table: " + row));
        return new Verdict(
                List.copyOf(this.violations),
                entries(Published.class).count(),
                this.kept.size(),
                duplicates,
                repeats,
                this.evidence.deadLetters().size());
    }

    /** Promise 1: what was kept is there. Returns the duplicates. */
    private Map<String, Long> everyEventIsInItsTopic() {
        Set<Payload> published =
                entries(Published.class).map(Published::payload).collect(Collectors.toSet());
        Set<Payload> present = new HashSet<>();
        Map<String, Long> duplicates = new TreeMap<>();
        for (LogRecord each : this.evidence.records()) {
            if (!present.add(each.payload())) {
                duplicates.merge(
                        cause(Fault::makesDuplicates, each.appendedMillis(), "A second " + each.payload()),
                        1L,
                        Long::sum);
            }
        }
        this.kept.stream()
                .filter(payload -> payload.kind() != Kind.TOO_LARGE && !present.contains(payload))
                .sorted(Comparator.comparing(Payload::toString))
                .forEach(payload -> this.violations.add("Lost: " + payload));
        present.stream()
                .filter(payload -> !published.contains(payload))
                .forEach(payload -> this.violations.add("Never published: " + payload));
        return duplicates;
    }

    /**
     * Promise 3: the events of a key that one instance published come in the order of publishing. Events whose future
     * failed, or that a crash cut off, may come late.
     */
    private void firstOccurrencesAreInOrder() {
        Map<String, Payload> latest = new HashMap<>();
        Set<Payload> seen = new HashSet<>();
        for (LogRecord each : this.evidence.records()) {
            Payload payload = each.payload();
            if (this.kept.contains(payload) && seen.add(payload)) {
                String line = each.position().topic() + "/" + each.key() + "/" + payload.instance();
                Payload before = latest.get(line);
                if (before != null && payload.compareTo(before) < 0) {
                    this.violations.add("Overtaken: " + payload + " at " + each.position() + " by " + before);
                } else {
                    latest.put(line, payload);
                }
            }
        }
    }

    /**
     * Promises 5 and 6: every group gets every record; what is poison, and nothing else, becomes a dead letter. Returns
     * what was handled again.
     */
    private Map<String, Long> everyRecordIsHandledOrDeadLettered() {
        Set<String> handled = new HashSet<>();
        Map<String, Long> repeats = new TreeMap<>();
        entries(Handled.class).sorted(Comparator.comparing(Handled::millis)).forEach(each -> {
            if (!handled.add(each.group() + " " + each.position())) {
                repeats.merge(
                        cause(Fault::makesRepeats, each.millis(), each.group() + " again: " + each.position()),
                        1L,
                        Long::sum);
            }
        });
        Set<String> dead = this.evidence.deadLetters().stream()
                .map(letter -> letter.group() + " " + letter.position())
                .collect(Collectors.toSet());
        for (LogRecord each : this.evidence.records()) {
            for (String group : groups(each.position().topic())) {
                String task = group + " " + each.position();
                if (!(isPoison(each) ? dead : handled).contains(task)) {
                    this.violations.add((isPoison(each) ? "Not dead-lettered: " : "Not handled: ") + task);
                }
            }
        }
        for (DeadLetter letter : this.evidence.deadLetters()) {
            if (letter.payload().kind() != Kind.POISON) {
                this.violations.add("Dead-lettered, though it is no poison: " + letter);
            }
        }
        return repeats;
    }

    /** Requirement N6: an offset is committed when all records before it are handled, or are durable elsewhere. */
    private void nothingIsCommittedBeforeItIsDone() {
        Map<String, Long> doneAt = new HashMap<>();
        entries(Handled.class)
                .forEach(each -> doneAt.merge(each.group() + " " + each.position(), each.millis(), Long::min));
        this.evidence
                .deadLetters()
                .forEach(each -> doneAt.merge(each.group() + " " + each.position(), each.durableMillis(), Long::min));
        Map<String, List<LogRecord>> partitions = this.evidence.records().stream()
                .collect(Collectors.groupingBy(
                        each -> each.position().topic() + "-" + each.position().partition()));
        Map<String, Integer> looked = new HashMap<>();
        for (Commit commit : this.evidence.commits()) {
            List<LogRecord> records = partitions.getOrDefault(commit.topic() + "-" + commit.partition(), List.of());
            int index = looked.getOrDefault(commit.group() + commit.topic() + commit.partition(), 0);
            for (; index < records.size() && records.get(index).position().offset() < commit.next(); index++) {
                String task = commit.group() + " " + records.get(index).position();
                if (doneAt.getOrDefault(task, Long.MAX_VALUE) > commit.millis()) {
                    this.violations.add("Committed before it was done: " + task + " by " + commit);
                }
            }
            looked.put(commit.group() + commit.topic() + commit.partition(), index);
        }
    }

    /**
     * Promise 5: an event that Kafka refuses for itself becomes a dead letter after its retries, all of them; no other
     * event does, and an outage is no retry.
     */
    private void whatKafkaRefusesIsGivenUp(Map<String, Long> duplicates) {
        Set<Payload> givenUp = new HashSet<>();
        for (Undeliverable each : this.evidence.undeliverable()) {
            if (each.payload().kind() != Kind.TOO_LARGE) {
                this.violations.add("Given up, though Kafka would have taken it: " + each);
            } else if (each.attempts() != World.MAX_ATTEMPTS) {
                this.violations.add(
                        "Given up after another number of retries than " + World.MAX_ATTEMPTS + ": " + each);
            }
            if (!givenUp.add(each.payload())) {
                String what = "A second dead letter of " + each.payload();
                duplicates.merge(cause(Fault::makesDuplicates, each.appendedMillis(), what), 1L, Long::sum);
            }
        }
        this.kept.stream()
                .filter(payload -> payload.kind() == Kind.TOO_LARGE && !givenUp.contains(payload))
                .forEach(payload -> this.violations.add("Lost, too large and not dead-lettered: " + payload));
    }

    /** Who has lost a lane to another instance must not write down anything of its rows any more. */
    private void onlyTheHolderOfALaneSettles() {
        Set<Long> known = new HashSet<>();
        for (RowChange change : this.evidence.changes()) {
            if (!known.add(change.row()) && !change.instance().equals(change.holder())) {
                this.violations.add("Settled by one that had lost the lane: " + change);
            }
        }
    }

    /**
     * Who holds a lane sends its rows once; whoever held it before has all answers before that, unless requests or answers
     * were held back. So where nothing was, a row that came twice since the lease under which it was settled was also sent
     * by a relay that did not look whether its own lease was over.
     */
    private void onlyTheHolderOfALaneSends() {
        Map<Payload, Long> heldSince = this.evidence.changes().stream()
                .filter(change -> change.status().equals("RESOLVED"))
                // Dead letters have the payload of their records, and a topic of their own.
                .filter(change -> World.TOPICS.containsKey(change.topic()))
                .collect(Collectors.toMap(RowChange::payload, RowChange::heldSinceMillis, Math::max));
        Set<Payload> sent = new HashSet<>();
        for (LogRecord each : this.evidence.records()) {
            if (each.appendedMillis() > heldSince.getOrDefault(each.payload(), Long.MAX_VALUE)
                    && !sent.add(each.payload())) {
                String what = "Sent by two that thought they had the lane: " + each.payload();
                cause(Fault::holdsBack, WAY_MILLIS, each.appendedMillis(), what);
            }
        }
    }

    private String cause(Predicate<Fault> able, long millis, String what) {
        return cause(able, AFTERMATH_MILLIS, millis, what);
    }

    /**
     * The fault that struck last before a moment, of those that can do such a thing. What has no such reason is a
     * violation.
     */
    private String cause(Predicate<Fault> able, long aftermathMillis, long millis, String what) {
        return this.evidence.faults().stream()
                .filter(fault -> able.test(fault.fault()))
                .filter(fault -> fault.beginMillis() <= millis && millis <= fault.endMillis() + aftermathMillis)
                .max(Comparator.comparing(Occurrence::beginMillis))
                .map(fault -> fault.fault().name())
                .orElseGet(() -> {
                    this.violations.add(what + ", though no fault had struck that could be the reason");
                    return "no fault";
                });
    }

    private static List<String> groups(String topic) {
        return ChaosApplication.GROUPS.entrySet().stream()
                .filter(entry -> entry.getValue().contains(topic))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static boolean isPoison(LogRecord each) {
        return each.payload().kind() == Kind.POISON;
    }

    private <T extends Entry> Stream<T> entries(Class<T> type) {
        return this.evidence.journals().stream().filter(type::isInstance).map(type::cast);
    }
}
