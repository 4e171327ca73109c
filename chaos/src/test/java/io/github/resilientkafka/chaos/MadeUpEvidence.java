package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Entry.Ended;
import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Entry.Refused;
import io.github.resilientkafka.chaos.Evidence.Commit;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.chaos.Evidence.StoredRow;
import io.github.resilientkafka.chaos.Evidence.Undeliverable;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evidence of a trial that never was. Unless a test says otherwise, everything happens at {@link #NOW}, to one key of
 * one partition, every run has ended by itself, and everything is committed in the end.
 */
final class MadeUpEvidence {

    static final long NOW = 1_000_000;

    static final List<String> GROUPS = List.of("orders", "audit");

    final List<Entry> journals = new ArrayList<>();

    final List<LogRecord> records = new ArrayList<>();

    final List<DeadLetter> deadLetters = new ArrayList<>();

    final List<Undeliverable> undeliverable = new ArrayList<>();

    final List<StoredRow> rows = new ArrayList<>();

    final List<RowChange> changes = new ArrayList<>();

    final List<Commit> commits = new ArrayList<>();

    final List<Occurrence> faults = new ArrayList<>();

    final Set<String> notEnded = new LinkedHashSet<>();

    long endedMillis = NOW;

    boolean committedInTheEnd = true;

    long planned;

    @Nullable
    String unrest;

    private long offset;

    static Payload payload(long number) {
        return payload(number, Kind.GOOD);
    }

    static Payload payload(long number, Kind kind) {
        return new Payload("a", 1, number, kind);
    }

    Payload publish(Payload payload) {
        return publish(NOW, payload);
    }

    Payload publish(long millis, Payload payload) {
        this.journals.add(new Published(millis, "orders", "key", payload));
        return payload;
    }

    Payload keep(Payload payload) {
        publish(payload);
        this.journals.add(new Kept(NOW, payload, "SENT"));
        return payload;
    }

    Payload store(Payload payload) {
        publish(payload);
        this.journals.add(new Kept(NOW, payload, "STORED"));
        return payload;
    }

    void refuse(long millis, Payload payload, String error) {
        publish(payload);
        this.journals.add(new Refused(millis, payload, error));
    }

    Payload kept(long number) {
        return keep(payload(number));
    }

    /** An event comes to its topic and is handled by all groups. */
    LogRecord deliver(Payload payload) {
        return deliver(NOW, payload);
    }

    LogRecord deliver(long millis, Payload payload) {
        LogRecord appended = append(millis, payload);
        handle(appended);
        return appended;
    }

    LogRecord append(long millis, Payload payload) {
        return append(copy("orders", this.offset++, millis, payload));
    }

    LogRecord append(LogRecord copy) {
        this.records.add(copy);
        return copy;
    }

    static LogRecord copy(String topic, long offset, long millis, Payload payload) {
        return new LogRecord(new Position(topic, 0, offset), millis, "key", "id of " + payload, payload);
    }

    void handle(LogRecord each) {
        GROUPS.forEach(group -> handle(each.appendedMillis(), "a", group, each));
    }

    void handle(long millis, String instance, String group, LogRecord each) {
        this.journals.add(new Handled(millis, instance, group, each.position(), each.payload()));
    }

    void bury(LogRecord each) {
        GROUPS.forEach(group -> bury(each.appendedMillis(), group, each));
    }

    DeadLetter bury(long millis, String group, LogRecord each) {
        DeadLetter letter = new DeadLetter(
                each.position(), group, millis, copy("orders.dlq", this.deadLetters.size(), millis, each.payload()));
        this.deadLetters.add(letter);
        return letter;
    }

    Undeliverable giveUp(long millis, Payload payload, int attempts) {
        Undeliverable letter =
                new Undeliverable(attempts, copy("orders.dlq", this.undeliverable.size(), millis, payload));
        this.undeliverable.add(letter);
        return letter;
    }

    /** What becomes of the row of an event. */
    void change(String instance, @Nullable String holder, long heldSinceMillis, Payload payload, String status) {
        this.changes.add(new RowChange(
                NOW, instance, holder, heldSinceMillis, payload.number(), "orders", payload, Map.of(), status, 0));
    }

    void fault(Fault fault, long beginMillis, long endMillis) {
        fault(fault, 0, beginMillis, endMillis);
    }

    void fault(Fault fault, int instance, long beginMillis, long endMillis) {
        this.faults.add(new Occurrence(fault, instance, beginMillis, endMillis));
    }

    List<String> violations() {
        return check().violations();
    }

    Verdict check() {
        List<Entry> all = new ArrayList<>(this.journals);
        Set<Ended> ended = new LinkedHashSet<>();
        this.journals.stream()
                .filter(Published.class::isInstance)
                .map(each -> ((Published) each).payload())
                .filter(payload -> !this.notEnded.contains(payload.instance() + "/" + payload.incarnation()))
                .forEach(payload -> ended.add(new Ended(this.endedMillis, payload.instance(), payload.incarnation())));
        all.addAll(ended);
        List<Commit> seen = new ArrayList<>(this.commits);
        if (this.committedInTheEnd) {
            Map<Position, Long> ends = new LinkedHashMap<>();
            this.records.forEach(each -> ends.merge(
                    new Position(each.position().topic(), each.position().partition(), 0),
                    each.position().offset() + 1,
                    Math::max));
            ends.forEach((partition, next) -> GROUPS.stream()
                    .filter(group -> ChaosApplication.GROUPS.get(group).contains(partition.topic()))
                    .forEach(group -> seen.add(
                            new Commit(Long.MAX_VALUE - 1, group, partition.topic(), partition.partition(), next))));
        }
        return Checker.check(new Evidence(
                all,
                this.records,
                this.deadLetters,
                this.undeliverable,
                this.rows,
                this.changes,
                seen,
                this.faults,
                this.planned,
                this.unrest));
    }
}
