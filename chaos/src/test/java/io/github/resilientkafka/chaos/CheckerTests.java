package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Conductor.Occurrence;
import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Evidence.Commit;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Evidence.StoredRow;
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

    private final List<Entry> journals = new ArrayList<>();

    private final List<LogRecord> records = new ArrayList<>();

    private final List<DeadLetter> deadLetters = new ArrayList<>();

    private final List<StoredRow> rows = new ArrayList<>();

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
        this.deadLetters.add(new DeadLetter(flaky.position(), "orders", flaky.payload()));
        LogRecord poison = append(keep(payload(2, Kind.POISON)), 150);
        this.deadLetters.add(new DeadLetter(poison.position(), "orders", poison.payload()));
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
    @DisplayName("Rows that are left, and what does not come to rest")
    void leftovers() {
        this.rows.add(new StoredRow("PENDING", "orders", "a/1/1/GOOD", 0));
        this.unrest = "audit is behind";
        assertThat(check().violations())
                .containsExactlyInAnyOrder("No rest: audit is behind", "Left in the table: " + this.rows.get(0));
    }

    private Verdict check() {
        return Checker.check(new Evidence(
                this.journals, this.records, this.deadLetters, this.rows, this.commits, this.faults, this.unrest));
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
            this.deadLetters.add(new DeadLetter(each.position(), group, each.payload()));
        }
    }
}
