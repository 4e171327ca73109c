package io.github.resilientkafka.chaos;

import static io.github.resilientkafka.chaos.MadeUpEvidence.NOW;
import static io.github.resilientkafka.chaos.MadeUpEvidence.payload;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Entry.Ended;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Refused;
import io.github.resilientkafka.chaos.Payload.Kind;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FutureRulesTests {

    private static final String NOT_STORED = "EventNotStoredException";

    private static final String NOT_ENDED = "Did not end by itself: Run[instance=a, incarnation=1]";

    private final MadeUpEvidence evidence = new MadeUpEvidence();

    @Test
    @DisplayName("Promise 1: a future that never completes, of a run that ended by itself")
    void neverCompleted() {
        this.evidence.deliver(this.evidence.kept(1));
        this.evidence.publish(payload(2));
        assertThat(this.evidence.violations()).containsExactly("Never completed: " + payload(2));
    }

    @Test
    @DisplayName("Promise 2: what a kill has cut off may be there or not; a run that was not killed ends by itself")
    void cutOff() {
        Payload arrived = this.evidence.publish(payload(1));
        this.evidence.deliver(arrived);
        this.evidence.publish(payload(2));
        this.evidence.notEnded.add("a/1");
        assertThat(this.evidence.violations())
                .containsExactly(NOT_ENDED, "Never completed: " + arrived, "Never completed: " + payload(2));

        this.evidence.fault(Fault.APPLICATION_KILLED, 1, NOW, NOW + 5_000);
        assertThat(this.evidence.violations()).as("another one was killed").hasSize(3);

        this.evidence.fault(Fault.APPLICATION_KILLED, NOW, NOW + 5_000);
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.publish(NOW - 60_000, new Payload("a", 2, 1, Kind.GOOD));
        assertThat(this.evidence.violations())
                .as("the next run had begun when it was killed, and ended by itself")
                .contains(NOT_ENDED);
    }

    @Test
    @DisplayName("A stop that takes too long ends in a kill; beside an outage it may")
    void stopThatTakesTooLong() {
        this.evidence.publish(payload(1));
        this.evidence.notEnded.add("a/1");
        this.evidence.fault(Fault.ROLLING_RESTART, NOW - 1_000, NOW + 40_000);
        this.evidence.fault(Fault.DATABASE_FROZEN, NOW - 60_000, NOW - 50_000);
        assertThat(this.evidence.violations()).containsExactly(NOT_ENDED, "Never completed: " + payload(1));

        this.evidence.fault(Fault.DATABASE_FROZEN, NOW - 5_000, NOW + 5_000);
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.faults.remove(0);
        assertThat(this.evidence.violations()).as("nothing had stopped it").hasSize(2);
    }

    @Test
    @DisplayName("A publisher that closes stores what it has, unless the kill comes early or the database is away")
    void stopThatStoresNothing() {
        this.evidence.publish(payload(1));
        this.evidence.refuse(NOW, payload(2), "PublisherClosedException");
        this.evidence.notEnded.add("a/1");
        this.evidence.fault(Fault.KAFKA_BLACK_HOLE, NOW - 10_000, NOW + 10_000);
        this.evidence.fault(Fault.APPLICATION_RESTARTED, NOW - 11_000, NOW + 40_000);
        assertThat(this.evidence.violations()).containsExactly("Never completed: " + payload(1));

        this.evidence.fault(Fault.DATABASE_CUT, NOW + 5_000, NOW + 9_000);
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.faults.remove(2);
        this.evidence.fault(Fault.ROLLING_RESTART, NOW - 40_000, NOW - 12_000);
        assertThat(this.evidence.violations()).as("it had been asked before").isEmpty();
    }

    @Test
    @DisplayName("A publisher that is closed may refuse; other errors than those that were promised it has none")
    void refusedForAnotherReason() {
        this.evidence.refuse(NOW, payload(1), "PublisherClosedException");
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.fault(Fault.BROKER_KILLED, NOW - 40_000, NOW);
        this.evidence.fault(Fault.DATABASE_KILLED, NOW - 40_000, NOW);
        this.evidence.refuse(NOW, payload(2), "PublishQueueFullException");
        this.evidence.refuse(NOW, payload(3), "IllegalStateException");
        assertThat(this.evidence.violations())
                .containsExactly(
                        "Refused without need: " + new Refused(NOW, payload(2), "PublishQueueFullException"),
                        "Refused without need: " + new Refused(NOW, payload(3), "IllegalStateException"));
    }

    @Test
    @DisplayName("A publisher is closed by a stop, and by nothing else")
    void closedForNoReason() {
        this.evidence.refuse(NOW, payload(1), "PublisherClosedException");
        String violation = "Refused without need: " + this.evidence.journals.get(1);
        this.evidence.endedMillis = NOW + 30_000;
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.endedMillis = NOW + 30_001;
        assertThat(this.evidence.violations()).containsExactly(violation);

        this.evidence.notEnded.add("a/1");
        this.evidence.fault(Fault.APPLICATION_KILLED, NOW, NOW + 5_000);
        assertThat(this.evidence.violations()).as("a kill closes nothing").containsExactly(violation);

        this.evidence.fault(Fault.ROLLING_RESTART, NOW, NOW + 40_000);
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName("Promise 1: an event may be refused after publisher.timeout without Kafka and without the database")
    void refusedForWantOfAPlace() {
        this.evidence.refuse(NOW, payload(1), NOT_STORED);
        String violation = "Refused without need: " + this.evidence.journals.get(1);
        this.evidence.fault(Fault.BROKER_FROZEN, NOW - 31_000, NOW);
        assertThat(this.evidence.violations()).containsExactly(violation);

        this.evidence.fault(Fault.DATABASE_KILLED, NOW - 31_000, NOW - 22_000);
        assertThat(this.evidence.violations())
                .as("the database was there again")
                .containsExactly(violation);

        this.evidence.fault(Fault.DATABASE_BLACK_HOLE, 1, NOW - 12_000, NOW);
        assertThat(this.evidence.violations()).as("it was, for this instance").containsExactly(violation);

        this.evidence.fault(Fault.DATABASE_BLACK_HOLE, NOW - 12_000, NOW);
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.faults.remove(0);
        assertThat(this.evidence.violations()).as("Kafka was there").containsExactly(violation);
    }

    @Test
    @DisplayName("What Kafka refuses for itself needs the database, whether Kafka is there or not")
    void tooLargeWithoutDatabase() {
        this.evidence.refuse(NOW, payload(1, Kind.TOO_LARGE), NOT_STORED);
        this.evidence.fault(Fault.DATABASE_FROZEN, NOW - 31_000, NOW);
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName("A load that has ended early has put nothing on trial")
    void tooLittle() {
        this.evidence.planned = 8;
        assertThat(this.evidence.violations()).containsExactly("Nothing was published");

        this.evidence.deliver(this.evidence.kept(1));
        this.evidence.deliver(this.evidence.kept(2));
        assertThat(this.evidence.violations()).isEmpty();

        this.evidence.deliver(this.evidence.keep(new Payload("b", 1, 1, Kind.GOOD)));
        assertThat(this.evidence.violations()).containsExactly("Too little was published: 1 of 8 events by b");

        this.evidence.journals.add(new Ended(NOW, "c", 1));
        assertThat(this.evidence.violations()).contains("Too little was published: 0 of 8 events by c");
    }

    @Test
    @DisplayName("What is published while Kafka is away must have gone to the database; else the outage was none")
    void nothingStored() {
        this.evidence.fault(Fault.KAFKA_BLACK_HOLE, NOW, NOW + 10_000);
        for (int number = 0; number < 20; number++) {
            Payload payload = payload(number);
            this.evidence.publish(NOW + 2_000 + 100 * number, payload);
            this.evidence.journals.add(new Kept(NOW + 10_000, payload, "SENT"));
            this.evidence.deliver(NOW + 10_000, payload);
        }
        assertThat(this.evidence.violations())
                .containsExactly("Nothing was stored while there was no Kafka: by a, " + this.evidence.faults.get(0));

        Payload stored = this.evidence.publish(NOW + 2_000, payload(20));
        this.evidence.journals.add(new Kept(NOW + 4_000, stored, "STORED"));
        this.evidence.change("a", null, 0, stored, "PENDING");
        this.evidence.deliver(NOW + 11_000, stored);
        assertThat(this.evidence.violations()).isEmpty();
    }

    @Test
    @DisplayName("An outage of another instance, or of one that was frozen itself, says nothing")
    void nothingToStore() {
        this.evidence.fault(Fault.KAFKA_BLACK_HOLE, 1, NOW, NOW + 10_000);
        this.evidence.fault(Fault.BROKER_KILLED, NOW, NOW + 10_000);
        this.evidence.fault(Fault.APPLICATION_FROZEN, NOW + 5_000, NOW + 10_000);
        for (int number = 0; number < 30; number++) {
            Payload payload = payload(number);
            this.evidence.publish(NOW + 2_000, payload);
            this.evidence.journals.add(new Kept(NOW + 10_000, payload, "SENT"));
            this.evidence.deliver(NOW + 10_000, payload);
        }
        assertThat(this.evidence.violations()).isEmpty();
    }
}
