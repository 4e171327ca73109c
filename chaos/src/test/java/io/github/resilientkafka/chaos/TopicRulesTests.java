package io.github.resilientkafka.chaos;

import static io.github.resilientkafka.chaos.MadeUpEvidence.NOW;
import static io.github.resilientkafka.chaos.MadeUpEvidence.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Evidence.LogRecord;
import io.github.resilientkafka.chaos.Payload.Kind;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TopicRulesTests {

    private static final String NO_FAULT = ", though no fault had struck that could be the reason";

    private final MadeUpEvidence evidence = new MadeUpEvidence();

    @Test
    @DisplayName("Promise 1: an event that was kept and is not in its topic is lost")
    void lost() {
        this.evidence.deliver(this.evidence.kept(1));
        Payload lost = this.evidence.kept(2);
        assertThat(this.evidence.violations()).containsExactly("Lost: " + lost);
    }

    @Test
    @DisplayName("What nobody has published does not belong into a topic")
    void neverPublished() {
        this.evidence.deliver(payload(1));
        assertThat(this.evidence.violations()).containsExactly("Never published: " + payload(1));
    }

    @Test
    @DisplayName("Topic and key are those of the publishing, also of dead letters")
    void notAsPublished() {
        Payload payload = this.evidence.kept(1);
        LogRecord right = this.evidence.deliver(payload);
        LogRecord wrongKey = new LogRecord(right.position(), NOW, "other", "id of " + payload, payload);
        this.evidence.records.set(0, wrongKey);
        assertThat(this.evidence.violations())
                .containsExactly("Not as it was published: " + wrongKey + ", but " + this.evidence.journals.get(0));

        LogRecord wrongTopic = MadeUpEvidence.copy("invoices", 0, NOW, payload);
        this.evidence.handle(NOW, "a", "audit", wrongTopic);
        this.evidence.records.set(0, wrongTopic);
        assertThat(this.evidence.violations())
                .containsExactly("Not as it was published: " + wrongTopic + ", but " + this.evidence.journals.get(0));

        this.evidence.records.set(0, right);
        Payload large = this.evidence.keep(payload(2, Kind.TOO_LARGE));
        this.evidence.giveUp(NOW, large, World.MAX_ATTEMPTS);
        assertThat(this.evidence.violations()).isEmpty();
        LogRecord wrongLetter = MadeUpEvidence.copy("invoices.dlq", 0, NOW, large);
        this.evidence.undeliverable.set(0, new Evidence.Undeliverable(World.MAX_ATTEMPTS, wrongLetter));
        assertThat(this.evidence.violations()).hasSize(1).first().asString().contains("published: " + wrongLetter);
    }

    @Test
    @DisplayName("W5: a key has one partition")
    void twoPartitions() {
        this.evidence.deliver(this.evidence.kept(1));
        LogRecord elsewhere = new LogRecord(new Position("orders", 1, 0), NOW, "key", "id of 2", this.evidence.kept(2));
        this.evidence.handle(this.evidence.append(elsewhere));
        assertThat(this.evidence.violations()).containsExactly("One key in two partitions: " + elsewhere + ", and 0");
    }

    @Test
    @DisplayName("Promise 2: all copies of an event have its id, and no other event has it")
    void ids() {
        Payload first = this.evidence.kept(1);
        Payload second = this.evidence.kept(2);
        LogRecord poison = this.evidence.deliver(first);
        this.evidence.handle(this.evidence.append(
                new LogRecord(new Position("orders", 0, 1), NOW, "key", "id of " + first, second)));
        assertThat(this.evidence.violations())
                .containsExactly("Another event's id, or another id: " + this.evidence.records.get(1));

        this.evidence.records.set(1, MadeUpEvidence.copy("orders", 1, NOW, second));
        assertThat(this.evidence.violations()).isEmpty();
        this.evidence.undeliverable.add(new Evidence.Undeliverable(
                World.MAX_ATTEMPTS,
                new LogRecord(poison.position(), NOW, "key", "none", this.evidence.keep(payload(3, Kind.TOO_LARGE)))));
        this.evidence.undeliverable.add(new Evidence.Undeliverable(
                World.MAX_ATTEMPTS,
                new LogRecord(poison.position(), NOW, "key", "none", this.evidence.keep(payload(4, Kind.TOO_LARGE)))));
        assertThat(this.evidence.violations()).as("ids that got lost").hasSize(1);
    }

    @Test
    @DisplayName("Promise 3: an event that comes after a younger one of its key was overtaken")
    void overtaken() {
        Payload first = this.evidence.kept(1);
        Payload second = this.evidence.kept(2);
        this.evidence.deliver(second);
        this.evidence.deliver(first);
        assertThat(this.evidence.violations()).hasSize(1).first().asString().startsWith("Overtaken: " + first);
    }

    @Test
    @DisplayName("Promise 3: an event of a later run comes after those of the runs before")
    void overtakenByTheNextRun() {
        Payload before = this.evidence.kept(7);
        Payload after = this.evidence.keep(new Payload("a", 2, 1, Kind.GOOD));
        this.evidence.deliver(after);
        this.evidence.deliver(before);
        assertThat(this.evidence.violations()).hasSize(1).first().asString().startsWith("Overtaken: " + before);
    }

    @Test
    @DisplayName(
            "Promise 3: events of other instances, those whose future failed and second copies may come in any order")
    void orderNotPromised() {
        this.evidence.fault(Fault.BROKER_KILLED, NOW, NOW);
        Payload first = this.evidence.kept(1);
        Payload second = this.evidence.kept(2);
        Payload other = this.evidence.keep(new Payload("b", 1, 1, Kind.GOOD));
        Payload late = payload(0);
        this.evidence.refuse(NOW, late, "PublisherClosedException");
        this.evidence.deliver(first);
        this.evidence.deliver(second);
        this.evidence.deliver(other);
        this.evidence.deliver(late);
        this.evidence.deliver(first);
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName("Promise 2: duplicates are attributed to the fault that struck last before the first copy was settled")
    void duplicates() {
        Payload payload = this.evidence.kept(1);
        this.evidence.deliver(payload);
        this.evidence.deliver(NOW + 100_000, payload);
        assertThat(this.evidence.violations()).containsExactly("A second copy: " + payload + NO_FAULT);

        this.evidence.fault(Fault.BROKER_KILLED, NOW + 11_000, NOW + 99_000);
        assertThat(this.evidence.violations()).as("struck too late").hasSize(1);
        this.evidence.fault(Fault.BROKER_KILLED, NOW - 50_000, NOW - 31_000);
        assertThat(this.evidence.violations()).as("long over").hasSize(1);

        this.evidence.fault(Fault.BROKER_FROZEN, NOW - 50_000, NOW - 29_000);
        this.evidence.fault(Fault.DATABASE_KILLED, NOW + 9_000, NOW + 10_000);
        this.evidence.fault(Fault.APPLICATION_RESTARTED, NOW + 9_500, NOW + 10_000);
        assertThat(this.evidence.violations()).isEmpty();
        assertThat(this.evidence.check().duplicates()).isEqualTo(Map.of("DATABASE_KILLED", 1L));
    }

    @Test
    @DisplayName("Promise 2: neither a graceful restart, nor dead letters that Kafka refuses, make duplicates")
    void duplicatesWithoutReason() {
        Payload payload = this.evidence.kept(1);
        this.evidence.deliver(payload);
        this.evidence.deliver(payload);
        this.evidence.fault(Fault.APPLICATION_RESTARTED, NOW, NOW);
        this.evidence.fault(Fault.ROLLING_RESTART, NOW, NOW);
        this.evidence.fault(Fault.DEAD_LETTERS_REFUSED, NOW, NOW);
        this.evidence.fault(Fault.CLOCK_AHEAD, NOW, NOW);
        this.evidence.fault(Fault.PAYMENTS_DOWN, NOW, NOW);
        assertThat(this.evidence.violations()).containsExactly("A second copy: " + payload + NO_FAULT);
    }

    @Test
    @DisplayName("Promise 2: a fault of another instance is no reason, but for what is stored: any instance sends it")
    void duplicatesOfOthers() {
        Payload payload = this.evidence.kept(1);
        this.evidence.deliver(payload);
        this.evidence.deliver(payload);
        this.evidence.fault(Fault.KAFKA_CUT, 1, NOW, NOW);
        assertThat(this.evidence.violations()).containsExactly("A second copy: " + payload + NO_FAULT);

        this.evidence.change("a", null, 0, payload, "PENDING");
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName("Promise 2: one fault is the reason for what was under way, not for more")
    void tooManyDuplicates() {
        this.evidence.fault(Fault.BROKER_KILLED, NOW, NOW);
        int most = TopicRules.MOST_DUPLICATES;
        for (int number = 1; number <= most + 1; number++) {
            this.evidence.deliver(this.evidence.kept(number));
        }
        for (int number = 1; number <= most; number++) {
            this.evidence.deliver(payload(number));
        }
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.deliver(payload(most + 1));
        assertThat(this.evidence.violations())
                .containsExactly("A second copy: " + payload(most + 1)
                        + ", though each fault that could be the reason is that for " + most);

        this.evidence.fault(Fault.DATABASE_CUT, NOW, NOW);
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName(
            "A row that comes twice since the lease under which it was settled: held back, or sent without a lease")
    void sentWithoutLease() {
        this.evidence.fault(Fault.DATABASE_SLOW, NOW, NOW);
        Payload payload = this.evidence.kept(1);
        this.evidence.change("a", null, 0, payload, "PENDING");
        this.evidence.deliver(NOW - 1, payload);
        this.evidence.deliver(NOW + 1, payload);
        this.evidence.change("b", "b", NOW, payload, "RESOLVED");
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.deliver(NOW + 2, payload);
        assertThat(this.evidence.violations())
                .containsExactly("Sent by two that thought they had the lane: " + payload
                        + ", though nothing could have held back a request");

        this.evidence.fault(Fault.APPLICATION_FROZEN, NOW - 20, NOW - 10);
        assertThat(this.evidence.violations()).isEmpty();
    }
}
