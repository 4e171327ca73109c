package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Evidence.Commit;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.RowChange;
import io.github.resilientkafka.chaos.Evidence.StoredRow;
import io.github.resilientkafka.chaos.Evidence.Undeliverable;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Each broken promise is seen, and nothing else is.
 */
class CheckerTests {

    private static final long HELD_SINCE = 160;

    private final List<Entry> journals = new ArrayList<>();

    private final List<LogRecord> records = new ArrayList<>();

    private final List<DeadLetter> deadLetters = new ArrayList<>();

    private final List<Undeliverable> undeliverable = new ArrayList<>();

    private final List<StoredRow> rows = new ArrayList<>();

    private final List<RowChange> changes = new ArrayList<>();

    private final List<Commit> commits = new ArrayList<>();

    private final List<Occurrence> faults =
            new ArrayList<>(List.of(new Occurrence(Fault.BROKER_KILLED, "BROKER", 100, 200)));

    private @Nullable String unrest;

    private long offset;

    @Test
    @DisplayName(
            "Events that were kept, delivered in order and handled, poison that is dead-lettered: all promises kept")
    void allIsWell() {
        deliver(kept(1));
        deliver(kept(2));
        Payload poison = keep(payload(3, Kind.POISON));
        bury(append(poison, 150));
        Verdict verdict = check();
        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.isGood()).isTrue();
        assertThat(verdict.published()).isEqualTo(3);
        assertThat(verdict.kept()).isEqualTo(3);
        assertThat(verdict.deadLetters()).isEqualTo(2);
    }

    @Test
    @DisplayName("Promise 1: an event that was kept and is not in its topic is lost")
    void lost() {
        deliver(kept(1));
        Payload lost = kept(2);
        assertThat(check().violations()).containsExactly("Lost: " + lost);
    }

    @Test
    @DisplayName("Promise 2: an event whose future did not complete may be there or not")
    void unknown() {
        publish(payload(1, Kind.GOOD));
        Payload arrived = payload(2, Kind.GOOD);
        publish(arrived);
        deliver(arrived);
        assertThat(check().violations()).isEmpty();
    }

    @Test
    @DisplayName("What nobody has published does not belong into a topic")
    void neverPublished() {
        Payload phantom = payload(1, Kind.GOOD);
        deliver(phantom);
        assertThat(check().violations()).containsExactly("Never published: " + phantom);
    }

    @Test
    @DisplayName("Promise 3: an event that comes after a younger one of its key was overtaken")
    void overtaken() {
        Payload first = kept(1);
        Payload second = kept(2);
        deliver(second);
        deliver(first);
        assertThat(check().violations()).hasSize(1).first().asString().startsWith("Overtaken: " + first);
    }

    @Test
    @DisplayName("Promise 3: an event of a later run comes after those of the runs before")
    void overtakenByTheNextRun() {
        Payload before = kept(7);
        Payload after = keep(new Payload("a", 2, 1, Kind.GOOD));
        deliver(after);
        deliver(before);
        assertThat(check().violations()).hasSize(1).first().asString().startsWith("Overtaken: " + before);
    }

    @Test
    @DisplayName(
            "Promise 3: events of other keys, of other instances, those whose future failed and second occurrences may"
                    + " come in any order")
    void orderNotPromised() {
        Payload first = kept(1);
        Payload second = kept(2);
        append("other-key", second, 150);
        Payload other = keep(new Payload("b", 1, 1, Kind.GOOD));
        Payload late = payload(0, Kind.GOOD);
        publish(late);
        deliver(first);
        deliver(other);
        deliver(late);
        handle(append(first, 150));
        handle(this.records.get(0));
        assertThat(check().violations()).isEmpty();
    }

    @Test
    @DisplayName(
            "Promise 2: duplicates are attributed to the fault that struck last; without a fault they are a violation")
    void duplicates() {
        Payload payload = kept(1);
        deliver(payload);
        handle(append(payload, 180));
        Verdict verdict = check();
        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.duplicates()).isEqualTo(Map.of("BROKER_KILLED", 1L));

        handle(append(payload, 50));
        assertThat(check().violations())
                .containsExactly("A second " + payload + ", though no fault had struck that could be the reason");
    }

    @Test
    @DisplayName("Promise 2: what is handled again is attributed likewise")
    void repeats() {
        LogRecord each = deliver(kept(1));
        this.journals.add(new Handled(190, "orders", each.position(), each.payload()));
        assertThat(check().repeats()).isEqualTo(Map.of("BROKER_KILLED", 1L));
        assertThat(check().violations()).isEmpty();

        this.journals.add(new Handled(100_000, "orders", each.position(), each.payload()));
        assertThat(check().violations())
                .containsExactly(
                        "orders again: " + each.position() + ", though no fault had struck that could be the reason");
    }

    @Test
    @DisplayName("Promise 6: a record that a group has not handled")
    void notHandled() {
        LogRecord each = append(kept(1), 150);
        this.journals.add(new Handled(150, "orders", each.position(), each.payload()));
        assertThat(check().violations()).containsExactly("Not handled: audit " + each.position());
    }

    @Test
    @DisplayName("Promise 5: good events and flaky ones are not dead-lettered, poison is, by each group")
    void deadLetters() {
        LogRecord flaky = deliver(keep(payload(1, Kind.FLAKY)));
        this.deadLetters.add(new DeadLetter(flaky.position(), "orders", flaky.payload(), 150));
        LogRecord poison = append(keep(payload(2, Kind.POISON)), 150);
        this.deadLetters.add(new DeadLetter(poison.position(), "orders", poison.payload(), 150));
        assertThat(check().violations())
                .hasSize(2)
                .anySatisfy(
                        violation -> assertThat(violation).isEqualTo("Not dead-lettered: audit " + poison.position()))
                .anySatisfy(violation -> assertThat(violation).startsWith("Dead-lettered, though it is no poison: "));
    }

    @Test
    @DisplayName("N6: an offset that is committed before the record was handled")
    void committedTooEarly() {
        LogRecord each = deliver(kept(1));
        this.commits.add(new Commit(149, "audit", "orders", 0, each.position().offset()));
        assertThat(check().violations()).isEmpty();

        this.commits.add(new Commit(149, "audit", "orders", 0, each.position().offset() + 1));
        assertThat(check().violations())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("Committed before it was done: audit");
    }

    @Test
    @DisplayName("N6: an offset behind poison that is committed before its dead letter is durable")
    void committedBeforeTheDeadLetter() {
        LogRecord poison = append(keep(payload(1, Kind.POISON)), 150);
        bury(poison);
        long next = poison.position().offset() + 1;
        this.commits.add(new Commit(150, "audit", "orders", 0, next));
        assertThat(check().violations()).isEmpty();

        this.commits.add(0, new Commit(149, "orders", "orders", 0, next));
        assertThat(check().violations())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("Committed before it was done: orders");
    }

    @Test
    @DisplayName("Promise 5: what Kafka refuses for itself is dead-lettered after its retries, and stays in the table")
    void undeliverable() {
        Payload large = keep(payload(1, Kind.TOO_LARGE));
        this.undeliverable.add(new Undeliverable(150, large, World.MAX_ATTEMPTS));
        this.rows.add(new StoredRow("DLQ", "orders", large, World.MAX_ATTEMPTS));
        assertThat(check().violations()).isEmpty();

        this.undeliverable.add(new Undeliverable(180, large, World.MAX_ATTEMPTS));
        assertThat(check().violations()).isEmpty();
        assertThat(check().duplicates()).isEqualTo(Map.of("BROKER_KILLED", 1L));
    }

    @Test
    @DisplayName("Promise 5: an event that is given up without all its retries, without a trace, or without need")
    void givenUpWrongly() {
        Payload early = keep(payload(1, Kind.TOO_LARGE));
        this.undeliverable.add(new Undeliverable(150, early, World.MAX_ATTEMPTS - 1));
        Payload lost = keep(payload(2, Kind.TOO_LARGE));
        Payload good = kept(3);
        deliver(good);
        this.undeliverable.add(new Undeliverable(150, good, World.MAX_ATTEMPTS));
        this.rows.add(new StoredRow("DLQ", "orders", good, World.MAX_ATTEMPTS));
        this.rows.add(new StoredRow("DLQ_FAILED", "orders", early, World.MAX_ATTEMPTS));
        assertThat(check().violations())
                .containsExactlyInAnyOrder(
                        "Given up after another number of retries than 3: " + this.undeliverable.get(0),
                        "Lost, too large and not dead-lettered: " + lost,
                        "Given up, though Kafka would have taken it: " + this.undeliverable.get(1),
                        "Left in the table: " + this.rows.get(0),
                        "Left in the table: " + this.rows.get(1));
    }

    @Test
    @DisplayName("A row may be stored by anybody, and is settled by who has its lane")
    void settledByAnother() {
        Payload payload = kept(1);
        deliver(payload);
        change(130, "a", null, payload, "PENDING");
        change(150, "b", "b", payload, "RESOLVED");
        assertThat(check().violations()).isEmpty();

        change(160, "a", "b", payload, "PENDING");
        assertThat(check().violations())
                .containsExactly("Settled by one that had lost the lane: " + this.changes.get(2));
    }

    @Test
    @DisplayName(
            "A row that comes twice since the lease under which it was settled: held back, or sent without a lease")
    void sentWithoutLease() {
        this.faults.set(0, new Occurrence(Fault.DATABASE_SLOW, "DATABASE_LINK 0", 100, 200));
        Payload payload = kept(1);
        change(130, "a", null, payload, "PENDING");
        handle(append(payload, HELD_SINCE - 1));
        handle(append(payload, HELD_SINCE + 1));
        change(190, "b", "b", payload, "RESOLVED");
        assertThat(check().violations()).isEmpty();

        handle(append(payload, HELD_SINCE + 2));
        assertThat(check().violations())
                .containsExactly("Sent by two that thought they had the lane: " + payload
                        + ", though no fault had struck that could be the reason");

        this.faults.add(new Occurrence(Fault.APPLICATION_FROZEN, "INSTANCE 0", 140, 150));
        assertThat(check().violations()).isEmpty();
    }

    @Test
    @DisplayName("Rows that are left, and what does not come to rest")
    void leftovers() {
        this.rows.add(new StoredRow("PENDING", "orders", payload(1, Kind.GOOD), 0));
        this.unrest = "audit is behind";
        assertThat(check().violations())
                .containsExactlyInAnyOrder("No rest: audit is behind", "Left in the table: " + this.rows.get(0));
    }

    private Verdict check() {
        return Checker.check(new Evidence(
                this.journals,
                this.records,
                this.deadLetters,
                this.undeliverable,
                this.rows,
                this.changes,
                this.commits,
                this.faults,
                this.unrest));
    }

    private void change(long millis, String instance, @Nullable String holder, Payload payload, String status) {
        this.changes.add(new RowChange(
                millis, instance, holder, HELD_SINCE, payload.number(), "orders", payload, Map.of(), status, 0));
    }

    private static Payload payload(long number, Kind kind) {
        return new Payload("a", 1, number, kind);
    }

    private Payload kept(long number) {
        return keep(payload(number, Kind.GOOD));
    }

    private Payload keep(Payload payload) {
        publish(payload);
        this.journals.add(new Kept(140, payload, "SENT"));
        return payload;
    }

    private void publish(Payload payload) {
        this.journals.add(new Published(140, "orders", "key", payload));
    }

    /** An event comes to its topic and is handled by all groups. */
    private LogRecord deliver(Payload payload) {
        LogRecord appended = append(payload, 150);
        handle(appended);
        return appended;
    }

    private LogRecord append(Payload payload, long millis) {
        return append("key", payload, millis);
    }

    private LogRecord append(String key, Payload payload, long millis) {
        LogRecord appended = new LogRecord(new Position("orders", 0, this.offset++), millis, key, payload);
        this.records.add(appended);
        return appended;
    }

    private void handle(LogRecord each) {
        for (String group : List.of("orders", "audit")) {
            this.journals.add(new Handled(each.appendedMillis(), group, each.position(), each.payload()));
        }
    }

    private void bury(LogRecord each) {
        for (String group : List.of("orders", "audit")) {
            this.deadLetters.add(new DeadLetter(each.position(), group, each.payload(), each.appendedMillis()));
        }
    }
}
