package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Evidence.Commit;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Payload.Kind;
import io.github.resilientkafka.chaos.Reasons.Second;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What listeners do: every record is handled or dead-lettered, in order, before its offset is committed, seldom twice.
 */
final class HandlingRules {

    /** What a poll brings (Kafka's default), handled by its owner and by whoever gets the partition. */
    static final int MOST_REPEATS = 2 * 500;

    private final Facts facts;

    private final Map<String, List<LogRecord>> partitions;

    HandlingRules(Facts facts) {
        this.facts = facts;
        this.partitions = facts.evidence().records().stream()
                .collect(Collectors.groupingBy(
                        each -> each.position().topic() + "-" + each.position().partition(),
                        TreeMap::new,
                        Collectors.toList()));
    }

    void check(Map<String, Long> duplicates, Map<String, Long> repeats) {
        Map<String, Handled> handled = handledFirst(repeats);
        Map<String, DeadLetter> dead = deadFirst(duplicates);
        everyRecordIsHandledOrDeadLettered(handled, dead);
        recordsAreHandledInOrder(handled);
        nothingIsCommittedBeforeItIsDone(handled, dead);
        everythingIsCommittedInTheEnd();
    }

    private static String task(String group, LogRecord record) {
        return group + " " + record.position();
    }

    /** Requirement N6: what is handled again was interrupted before its offset was committed. */
    private Map<String, Handled> handledFirst(Map<String, Long> repeats) {
        Map<String, Handled> first = new HashMap<>();
        Map<String, Handled> latest = new HashMap<>();
        this.facts
                .entries(Handled.class)
                .sorted(Comparator.comparing(Handled::millis))
                .forEach(each -> {
                    String task = each.group() + " " + each.position();
                    first.putIfAbsent(task, each);
                    Handled before = latest.put(task, each);
                    if (before != null) {
                        String reason = this.facts
                                .reasons()
                                .of(new Second(
                                        each.group() + " again: " + each.position(),
                                        Fault::makesRepeats,
                                        List.of(before.instance(), each.instance()),
                                        before.millis(),
                                        each.millis(),
                                        "repeats " + each.group() + " " + each.instance(),
                                        MOST_REPEATS));
                        repeats.merge(reason, 1L, Long::sum);
                    }
                });
        return first;
    }

    /** A record is dead-lettered again if that was interrupted, or its dead letter comes twice as any event may. */
    private Map<String, DeadLetter> deadFirst(Map<String, Long> duplicates) {
        Map<String, DeadLetter> first = new HashMap<>();
        Map<String, DeadLetter> latest = new HashMap<>();
        this.facts.evidence().deadLetters().stream()
                .sorted(Comparator.comparing(each -> each.copy().appendedMillis()))
                .forEach(each -> {
                    String task = each.group() + " " + each.position();
                    first.putIfAbsent(task, each);
                    DeadLetter before = latest.put(task, each);
                    if (before != null) {
                        String reason = this.facts
                                .reasons()
                                .of(new Second(
                                        "A second dead letter: " + each,
                                        fault -> fault.makesDuplicatesOfDeadLetters() || fault.makesRepeats(),
                                        List.of(),
                                        before.durableMillis(),
                                        each.copy().appendedMillis(),
                                        "dead letters " + each.group(),
                                        MOST_REPEATS));
                        duplicates.merge(reason, 1L, Long::sum);
                    }
                });
        return first;
    }

    /** Promises 5 and 6: every group gets every record; what is poison, and nothing else, becomes a dead letter. */
    private void everyRecordIsHandledOrDeadLettered(Map<String, Handled> handled, Map<String, DeadLetter> dead) {
        for (LogRecord each : this.facts.evidence().records()) {
            boolean poison = each.payload().kind() == Kind.POISON;
            for (String group : groups(each.position().topic())) {
                if (!(poison ? dead : handled).containsKey(task(group, each))) {
                    this.facts.violation((poison ? "Not dead-lettered: " : "Not handled: ") + task(group, each));
                }
            }
        }
        for (DeadLetter letter : this.facts.evidence().deadLetters()) {
            if (letter.payload().kind() != Kind.POISON) {
                this.facts.violation("Dead-lettered, though it is no poison: " + letter);
            }
        }
    }

    /** Promise 6: a record that fails stops its partition; so whatever is handled had all before it handled. */
    private void recordsAreHandledInOrder(Map<String, Handled> handled) {
        this.partitions.values().forEach(records -> {
            for (String group : groups(records.get(0).position().topic())) {
                Handled latest = null;
                for (LogRecord each : records) {
                    Handled next = handled.get(task(group, each));
                    if (next != null && latest != null && next.millis() < latest.millis()) {
                        this.facts.violation("Handled out of order: " + next + " after " + latest);
                    } else if (next != null) {
                        latest = next;
                    }
                }
            }
        });
    }

    /** Requirement N6: an offset is committed when all records before it are handled, or are durable elsewhere. */
    private void nothingIsCommittedBeforeItIsDone(Map<String, Handled> handled, Map<String, DeadLetter> dead) {
        Map<String, Long> doneAt = new HashMap<>();
        handled.forEach((task, each) -> doneAt.merge(task, each.millis(), Long::min));
        dead.forEach((task, each) -> doneAt.merge(task, each.durableMillis(), Long::min));
        Map<String, Integer> looked = new HashMap<>();
        for (Commit commit : this.facts.evidence().commits()) {
            List<LogRecord> records =
                    this.partitions.getOrDefault(commit.topic() + "-" + commit.partition(), List.of());
            int index = looked.getOrDefault(lineOf(commit), 0);
            for (; index < records.size() && records.get(index).position().offset() < commit.next(); index++) {
                String task = task(commit.group(), records.get(index));
                if (doneAt.getOrDefault(task, Long.MAX_VALUE) > commit.millis()) {
                    this.facts.violation("Committed before it was done: " + task + " by " + commit);
                }
            }
            looked.put(lineOf(commit), index);
        }
    }

    /** Also that commits were looked at: the rule before this one says nothing of those that nobody has seen. */
    private void everythingIsCommittedInTheEnd() {
        Map<String, Long> committed = new HashMap<>();
        this.facts.evidence().commits().forEach(commit -> committed.put(lineOf(commit), commit.next()));
        this.partitions.forEach((partition, records) -> {
            LogRecord last = records.get(records.size() - 1);
            for (String group : groups(last.position().topic())) {
                Long next = committed.get(group + " " + partition);
                if (next == null || next != last.position().offset() + 1) {
                    this.facts.violation("Not committed in the end: " + task(group, last) + ", but " + next);
                }
            }
        });
    }

    private static String lineOf(Commit commit) {
        return commit.group() + " " + commit.topic() + "-" + commit.partition();
    }

    private static List<String> groups(String topic) {
        return ChaosApplication.GROUPS.entrySet().stream()
                .filter(entry -> entry.getValue().contains(topic))
                .map(Map.Entry::getKey)
                .toList();
    }
}
