package io.github.resilientkafka.chaos;

import static io.github.resilientkafka.chaos.MadeUpEvidence.NOW;
import static io.github.resilientkafka.chaos.MadeUpEvidence.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Evidence.StoredRow;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TableRulesTests {

    private final MadeUpEvidence evidence = new MadeUpEvidence();

    @Test
    @DisplayName("Promise 1: an event that was said to be stored has a row, also if it is delivered by now")
    void neverStored() {
        Payload payload = this.evidence.store(payload(1));
        this.evidence.deliver(payload);
        assertThat(this.evidence.violations())
                .containsExactly("Said to be stored, and never was: " + this.evidence.journals.get(1));

        this.evidence.change("a", null, 0, payload, "PENDING");
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName("Promise 5: what Kafka refuses for itself is dead-lettered after its retries, and stays in the table")
    void undeliverable() {
        Payload large = this.evidence.keep(payload(1, Kind.TOO_LARGE));
        this.evidence.giveUp(NOW, large, World.MAX_ATTEMPTS);
        this.evidence.rows.add(new StoredRow("DLQ", "orders", large, World.MAX_ATTEMPTS));
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.giveUp(NOW + 1, large, World.MAX_ATTEMPTS);
        assertThat(this.evidence.violations())
                .containsExactly(
                        "A second dead letter: " + large + ", though no fault had struck that could be the reason");

        this.evidence.fault(Fault.DEAD_LETTERS_REFUSED, NOW, NOW);
        assertThat(this.evidence.violations()).isEmpty();
        assertThat(this.evidence.check().duplicates()).isEqualTo(Map.of("DEAD_LETTERS_REFUSED", 1L));
    }

    @Test
    @DisplayName("Promise 5: an event that is given up without all its retries, without a trace, or without need")
    void givenUpWrongly() {
        Payload early = this.evidence.keep(payload(1, Kind.TOO_LARGE));
        this.evidence.giveUp(NOW, early, World.MAX_ATTEMPTS - 1);
        Payload lost = this.evidence.keep(payload(2, Kind.TOO_LARGE));
        Payload good = this.evidence.kept(3);
        this.evidence.deliver(good);
        this.evidence.giveUp(NOW, good, World.MAX_ATTEMPTS);
        this.evidence.rows.add(new StoredRow("DLQ", "orders", good, World.MAX_ATTEMPTS));
        this.evidence.rows.add(new StoredRow("DLQ_FAILED", "orders", early, World.MAX_ATTEMPTS));
        assertThat(this.evidence.violations())
                .containsExactlyInAnyOrder(
                        "Given up after another number of retries than 3: " + this.evidence.undeliverable.get(0),
                        "Lost, too large and not dead-lettered: " + lost,
                        "Given up, though Kafka would have taken it: " + this.evidence.undeliverable.get(1),
                        "Left in the table: " + this.evidence.rows.get(0),
                        "Left in the table: " + this.evidence.rows.get(1));
    }

    @Test
    @DisplayName("A row may be stored by anybody, and is settled by who has its lane")
    void settledByAnother() {
        Payload payload = this.evidence.store(payload(1));
        this.evidence.deliver(payload);
        this.evidence.change("a", null, 0, payload, "PENDING");
        this.evidence.change("b", "b", NOW, payload, "RESOLVED");
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.change("a", "b", NOW, payload, "PENDING");
        assertThat(this.evidence.violations())
                .containsExactly("Settled by one that had lost the lane: " + this.evidence.changes.get(2));
    }
}
