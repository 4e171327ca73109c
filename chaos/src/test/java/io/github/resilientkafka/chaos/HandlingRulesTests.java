package io.github.resilientkafka.chaos;

import static io.github.resilientkafka.chaos.MadeUpEvidence.NOW;
import static io.github.resilientkafka.chaos.MadeUpEvidence.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Evidence.Commit;
import io.github.resilientkafka.chaos.Evidence.DeadLetter;
import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HandlingRulesTests {

    private static final String NO_FAULT = ", though no fault had struck that could be the reason";

    private final MadeUpEvidence evidence = new MadeUpEvidence();

    @Test
    @DisplayName("Promise 6: a record that a group has not handled")
    void notHandled() {
        LogRecord each = this.evidence.append(NOW, this.evidence.kept(1));
        this.evidence.handle(NOW, "a", "orders", each);
        assertThat(this.evidence.violations())
                .filteredOn(violation -> !violation.startsWith("Committed before"))
                .containsExactly("Not handled: audit " + each.position());
    }

    @Test
    @DisplayName("Promise 5: good events and flaky ones are not dead-lettered, poison is, by each group")
    void deadLetters() {
        LogRecord flaky = this.evidence.deliver(this.evidence.keep(payload(1, Kind.FLAKY)));
        DeadLetter needless = this.evidence.bury(NOW, "orders", flaky);
        LogRecord poison = this.evidence.append(NOW, this.evidence.keep(payload(2, Kind.POISON)));
        this.evidence.bury(NOW, "orders", poison);
        assertThat(this.evidence.violations())
                .filteredOn(violation -> !violation.startsWith("Committed before"))
                .containsExactly(
                        "Not dead-lettered: audit " + poison.position(),
                        "Dead-lettered, though it is no poison: " + needless);
    }

    @Test
    @DisplayName("Promise 2: a second dead letter needs a reason")
    void secondDeadLetter() {
        LogRecord poison = this.evidence.append(NOW, this.evidence.keep(payload(1, Kind.POISON)));
        this.evidence.bury(poison);
        DeadLetter second = this.evidence.bury(NOW + 1, "audit", poison);
        this.evidence.fault(Fault.APPLICATION_RESTARTED, NOW, NOW);
        assertThat(this.evidence.violations()).containsExactly("A second dead letter: " + second + NO_FAULT);

        this.evidence.fault(Fault.DEAD_LETTERS_REFUSED, NOW, NOW);
        assertThat(this.evidence.violations()).isEmpty();
        assertThat(this.evidence.check().duplicates()).isEqualTo(Map.of("DEAD_LETTERS_REFUSED", 1L));
    }

    @Test
    @DisplayName("N6: what is handled again is attributed to a fault that kept its offset from being committed")
    void repeats() {
        LogRecord each = this.evidence.deliver(this.evidence.kept(1));
        this.evidence.handle(NOW + 5_000, "b", "orders", each);
        String violation = "orders again: " + each.position() + NO_FAULT;
        assertThat(this.evidence.violations()).containsExactly(violation);

        this.evidence.fault(Fault.APPLICATION_RESTARTED, NOW, NOW);
        this.evidence.fault(Fault.ROLLING_RESTART, NOW, NOW);
        this.evidence.fault(Fault.NOT_ENOUGH_REPLICAS, NOW, NOW);
        this.evidence.fault(Fault.DEAD_LETTERS_REFUSED, NOW, NOW);
        this.evidence.fault(Fault.DATABASE_KILLED, NOW, NOW);
        this.evidence.fault(Fault.BROKER_KILLED, NOW - 40_000, NOW - 31_000);
        this.evidence.fault(Fault.APPLICATION_FROZEN, 2, NOW, NOW);
        assertThat(this.evidence.violations())
                .as("graceful, or of no concern for offsets, or long over, or another instance's")
                .containsExactly(violation);

        this.evidence.fault(Fault.APPLICATION_FROZEN, NOW, NOW);
        assertThat(this.evidence.violations()).isEmpty();
        assertThat(this.evidence.check().repeats()).isEqualTo(Map.of("APPLICATION_FROZEN", 1L));
    }

    @Test
    @DisplayName("N6: one fault is the reason for what had been polled, not for more")
    void tooManyRepeats() {
        this.evidence.fault(Fault.BROKER_KILLED, NOW, NOW);
        LogRecord each = this.evidence.deliver(this.evidence.kept(1));
        for (int i = 0; i < HandlingRules.MOST_REPEATS; i++) {
            this.evidence.handle(NOW, "a", "orders", each);
        }
        this.evidence.handle(NOW, "a", "audit", each);
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.handle(NOW, "a", "orders", each);
        assertThat(this.evidence.violations()).hasSize(1).first().asString().endsWith("is that for 1000");
    }

    @Test
    @DisplayName("Promise 6: nothing behind a record that fails is handled before it")
    void outOfOrder() {
        LogRecord first = this.evidence.append(NOW, this.evidence.kept(1));
        this.evidence.bury(this.evidence.append(NOW, this.evidence.keep(payload(2, Kind.POISON))));
        LogRecord third = this.evidence.append(NOW, this.evidence.kept(3));
        MadeUpEvidence.GROUPS.forEach(group -> this.evidence.handle(NOW + 1, "a", group, first));
        this.evidence.handle(NOW + 1, "b", "audit", third);
        this.evidence.handle(NOW, "a", "orders", third);
        assertThat(this.evidence.violations())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("Handled out of order: ")
                .contains("group=orders");
    }

    @Test
    @DisplayName("N6: an offset that is committed before the record was handled")
    void committedTooEarly() {
        LogRecord each = this.evidence.deliver(this.evidence.kept(1));
        this.evidence.commits.add(
                new Commit(NOW - 1, "audit", "orders", 0, each.position().offset()));
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.commits.add(
                new Commit(NOW - 1, "audit", "orders", 0, each.position().offset() + 1));
        assertThat(this.evidence.violations())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("Committed before it was done: audit");
    }

    @Test
    @DisplayName("N6: an offset behind poison that is committed before its dead letter is durable")
    void committedBeforeTheDeadLetter() {
        LogRecord poison = this.evidence.append(NOW, this.evidence.keep(payload(1, Kind.POISON)));
        this.evidence.bury(poison);
        long next = poison.position().offset() + 1;
        this.evidence.commits.add(new Commit(NOW, "audit", "orders", 0, next));
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.commits.add(0, new Commit(NOW - 1, "orders", "orders", 0, next));
        assertThat(this.evidence.violations())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("Committed before it was done: orders");
    }

    @Test
    @DisplayName("N6: in the end every partition's last offset is committed, and was seen to be")
    void notCommittedInTheEnd() {
        LogRecord each = this.evidence.deliver(this.evidence.kept(1));
        long next = each.position().offset() + 1;
        this.evidence.committedInTheEnd = false;
        this.evidence.commits.add(new Commit(NOW, "audit", "orders", 0, next));
        assertThat(this.evidence.violations())
                .containsExactly("Not committed in the end: orders " + each.position() + ", but null");

        this.evidence.commits.add(new Commit(NOW, "orders", "orders", 0, next));
        this.evidence.commits.add(new Commit(NOW + 1, "orders", "orders", 0, next - 1));
        assertThat(this.evidence.violations())
                .containsExactly("Not committed in the end: orders " + each.position() + ", but " + (next - 1));
    }
}
