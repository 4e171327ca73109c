package io.github.resilientkafka.chaos;

import static io.github.resilientkafka.chaos.MadeUpEvidence.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Entry.CircuitOpened;
import io.github.resilientkafka.chaos.Evidence.StoredRow;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What is well is found to be well. That each broken promise is seen is shown by {@link FutureRulesTests},
 * {@link TopicRulesTests}, {@link HandlingRulesTests} and {@link TableRulesTests}.
 */
class CheckerTests {

    private final MadeUpEvidence evidence = new MadeUpEvidence();

    @Test
    @DisplayName(
            "Events that were kept, delivered in order and handled, poison that is dead-lettered: all promises kept")
    void allIsWell() {
        this.evidence.deliver(this.evidence.kept(1));
        Payload stored = this.evidence.store(payload(2));
        this.evidence.change("a", null, 0, stored, "PENDING");
        this.evidence.change("a", "a", MadeUpEvidence.NOW, stored, "RESOLVED");
        this.evidence.deliver(stored);
        this.evidence.bury(this.evidence.append(MadeUpEvidence.NOW, this.evidence.keep(payload(3, Kind.POISON))));
        this.evidence.journals.add(new CircuitOpened(MadeUpEvidence.NOW, "a"));
        this.evidence.planned = 12;
        Verdict verdict = this.evidence.check();
        assertThat(verdict.violations()).isEmpty();
        assertThat(verdict.isGood()).isTrue();
        assertThat(verdict.published()).isEqualTo(3);
        assertThat(verdict.kept()).isEqualTo(3);
        assertThat(verdict.outcomes()).isEqualTo(Map.of("SENT", 2L, "STORED", 1L));
        assertThat(verdict.resolved()).isEqualTo(1);
        assertThat(verdict.circuitOpenings()).isEqualTo(1);
        assertThat(verdict.deadLetters()).isEqualTo(2);
    }

    @Test
    @DisplayName("Of many findings each rule is named, whether they are all printed or not")
    void everyRuleIsNamed() {
        for (int number = 0; number < 30; number++) {
            this.evidence.publish(payload(number));
        }
        this.evidence.kept(30);
        Verdict verdict = this.evidence.check();
        assertThat(verdict.findings()).isEqualTo(Map.of("Never completed", 30L, "Lost", 1L));
        assertThat(Chaos.describe(7, new FaultPlan(List.of()), verdict).lines())
                .contains("  ! Never completed (30)", "  ! Lost (1)", "    Never completed: " + payload(0))
                .doesNotContain("    Lost: " + payload(30));
    }

    @Test
    @DisplayName("Rows that are left, and what does not come to rest")
    void leftovers() {
        this.evidence.rows.add(new StoredRow("PENDING", "orders", payload(1), 0));
        this.evidence.unrest = "audit is behind";
        assertThat(this.evidence.violations())
                .containsExactlyInAnyOrder(
                        "No rest: audit is behind", "Left in the table: " + this.evidence.rows.get(0));
    }
}
