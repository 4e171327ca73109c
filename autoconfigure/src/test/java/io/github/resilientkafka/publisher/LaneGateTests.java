package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.publisher.GateWorld.Event;
import io.github.resilientkafka.publisher.Handover.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The gate's transitions, and the sequences of steps that reorder events when one of its rules is missing: T1 to T7 and
 * B1 to B6 of the decision note. T2, T3 and T8 rest on Kafka's client and on PostgreSQL, and are tried with those.
 */
class LaneGateTests {

    private static final Duration LONG_HANDOVER = Duration.ofMillis(200);

    private final GateWorld world = new GateWorld();

    @BeforeEach
    void load() {
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("T1: a closed producer fails the younger event first; both are stored in publish order")
    void failuresAreStoredInPublishOrder() {
        Event first = this.world.publish();
        Event second = this.world.publish();
        this.world.fail(second);
        assertThat(this.world.state()).isEqualTo(GateState.STOPPING);
        assertThat(this.world.writer).isEmpty();
        this.world.fail(first);
        assertThat(this.world.writer).containsExactly(first, second);
        assertThat(this.world.state()).isEqualTo(GateState.STORING);
    }

    @Test
    @DisplayName("T1: what could not even be sent waits for the answer to what was sent before it")
    void aFailureWaitsForEarlierAnswers() {
        this.world.publish();
        Event second = this.world.publish();
        this.world.fail(second);
        assertThat(this.world.writer).isEmpty();
        this.world.ack();
        assertThat(this.world.writer).containsExactly(second);
    }

    @Test
    @DisplayName("T4: once the producer's end is announced nothing leaves through its successor before all is answered")
    void theGateStopsBeforeTheProducerEnds() {
        Event first = this.world.publish();
        this.world.gate.producerEnds();
        Event second = this.world.publish();
        assertThat(this.world.inFlight).containsExactly(first);
        this.world.fail(first);
        assertThat(this.world.writer).containsExactly(first, second);
    }

    @Test
    @DisplayName("T4: a producer that is ending is not handed out: the event waits, its permit is given back")
    void anEndingProducerIsNotUsed() {
        this.world.producerAvailable = false;
        Event event = this.world.publish();
        assertThat(this.world.writer).containsExactly(event);
        assertThat(this.world.openPermits()).isZero();
    }

    @Test
    @DisplayName("T4: a producer of which nobody waits for an answer may end without stopping the gate")
    void anIdleGateStaysOpenWhenTheProducerEnds() {
        this.world.publish();
        this.world.ack();
        this.world.announceEnd();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("T4: a parked event that got its permit before the producer ended does not leave after it")
    void aReleaseIsOverWhenTheProducerEnds() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Event first = this.world.publish();
        Event second = this.world.publish();
        this.world.ask();
        this.world.meanwhile = () -> this.world.beforePermit = () -> {
            this.world.announceEnd();
            this.world.closeProducer(0);
        };
        this.world.gate.release();
        assertThat(this.world.closing).containsExactly(first);
        assertThat(this.world.inFlight).isEmpty();
        assertThat(this.world.openPermits()).isZero();
        this.world.failClosed(0);
        assertThat(this.world.writer).containsExactly(first, second);
    }

    @Test
    @DisplayName("T5: while the writer holds an event of the lane the database is not asked")
    void uncommittedEventsHaveNoRowYet() {
        Event stored = storedInHandover();
        assertThat(this.world.gate.question()).isNull();
        Event next = this.world.publish();
        this.world.commit(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
        this.world.relay(1);
        this.world.ask();
        this.world.gate.release();
        assertThat(this.world.log).containsExactly(stored);
        assertThat(this.world.inFlight).containsExactly(next);
    }

    @Test
    @DisplayName("T6: an answer is void when its visit is over")
    void anAnswerBelongsToItsVisit() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Question slow = this.world.gate.question();
        Event parked = this.world.publish();
        this.world.time(LONG_HANDOVER);
        assertThat(this.world.writer).containsExactly(parked);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
        this.world.answer(slow, null);
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
        this.world.commit(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
        this.world.relay(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("T7: while parked events leave, new ones park behind them")
    void newEventsParkBehindThoseThatAreReleased() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Event parked = this.world.publish();
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.RELEASING);
        this.world.meanwhile = this.world::publish;
        this.world.gate.release();
        assertThat(this.world.inFlight).hasSize(2).first().isEqualTo(parked);
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("T7: the gate is not open before the last parked event has been sent")
    void theLastParkedEventIsSentBeforeTheGateOpens() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        this.world.publish();
        this.world.ask();
        this.world.meanwhile =
                () -> assertThat(this.world.state()).as("while sending").isEqualTo(GateState.RELEASING);
        this.world.gate.release();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("T7: an event whose permit came before the gate stopped parks behind those that are released")
    void aLatePermitDoesNotJumpTheQueue() {
        this.world.beforePermit = this::stopAndReleaseAnother;
        Event late = this.world.publish();
        assertThat(this.world.inFlight).isEmpty();
        this.world.gate.release();
        assertThat(this.world.inFlight).hasSize(2).last().isEqualTo(late);
    }

    @Test
    @DisplayName("T7: a parked event that was stored while its permit was asked for is not sent, nor another one lost")
    void aReleaseThatTookTooLong() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Event first = this.world.publish();
        this.world.ask();
        this.world.beforePermit = () -> {
            this.world.gate.close();
            assertThat(this.world.writer).containsExactly(first);
            stopAndReleaseAnother();
        };
        this.world.gate.release();
        assertThat(this.world.log).endsWith(first);
        assertThat(this.world.inFlight).hasSize(1).doesNotContain(first);
    }

    /**
     * While somebody asks for a permit: the gate stops, comes back, and is about to send an event that was parked.
     */
    private void stopAndReleaseAnother() {
        if (this.world.state() == GateState.DIRECT) {
            this.world.circuitPermits = false;
            this.world.publish();
            this.world.circuitPermits = true;
        }
        this.world.commit(1);
        this.world.relay(1);
        this.world.ask();
        this.world.publish();
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.RELEASING);
    }

    @Test
    @DisplayName("T7: being told to open changes nothing while the last parked event is sent")
    void openingUnaskedWhileReleasing() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Event parked = this.world.publish();
        this.world.ask();
        this.world.meanwhile = () -> {
            this.world.openUnasked();
            this.world.publish();
        };
        this.world.gate.release();
        assertThat(this.world.inFlight).hasSize(2).first().isEqualTo(parked);
    }

    @Test
    @DisplayName("B1: a refused event is not stored while an earlier one is in flight")
    void aRefusedEventWaitsForWhatIsInFlight() {
        this.world.publish();
        this.world.circuitPermits = false;
        Event refused = this.world.publish();
        assertThat(this.world.state()).isEqualTo(GateState.STOPPING);
        assertThat(this.world.writer).isEmpty();
        this.world.ack();
        assertThat(this.world.writer).containsExactly(refused);
    }

    @Test
    @DisplayName("B2: a row that was sent and is not settled still counts")
    void sentIsNotSettled() {
        storedInHandover();
        this.world.commit(1);
        this.world.relaySends();
        this.world.ask();
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
        this.world.relaySettles();
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("B3: a gate that finds rows at the start stores, behind them; one that finds none sends what waited")
    void rowsOfAnEarlierLifeComeFirst() {
        GateWorld restarted = new GateWorld();
        restarted.othersRow();
        Event early = restarted.publish();
        assertThat(restarted.inFlight).isEmpty();
        assertThat(restarted.writer).isEmpty();
        restarted.ask();
        assertThat(restarted.writer).containsExactly(early);

        GateWorld empty = new GateWorld();
        Event waiting = empty.publish();
        empty.ask();
        assertThat(empty.state()).isEqualTo(GateState.RELEASING);
        empty.gate.release();
        assertThat(empty.inFlight).containsExactly(waiting);
        assertThat(empty.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("B5: a lane with a backlog asks for no permit: the trials are left to its rows")
    void aLaneWithABacklogTakesNoPermit() {
        this.world.circuitPermits = false;
        this.world.publish();
        this.world.circuitPermits = true;
        int before = this.world.permitsAsked();
        this.world.publish();
        assertThat(this.world.permitsAsked()).isEqualTo(before);
        assertThat(this.world.inFlight).isEmpty();
        assertThat(this.world.writer).hasSize(2);
    }

    @Test
    @DisplayName("B6: under a publisher that never pauses the gate still opens")
    void directReturnsUnderSteadyLoad() {
        this.world.circuitPermits = false;
        this.world.publish();
        this.world.circuitPermits = true;
        for (int i = 0; i < 20 && this.world.state() != GateState.DIRECT; i++) {
            this.world.publish();
            this.world.ask();
            this.world.publish();
            this.world.commit(10);
            this.world.relay(10);
            this.world.meanwhile = this.world::publish;
            this.world.gate.release();
        }
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
        Event direct = this.world.publish();
        assertThat(this.world.inFlight).last().isEqualTo(direct);
    }

    @Test
    @DisplayName("Rows that other instances store during a visit do not prolong it")
    void othersRowsDoNotProlongAVisit() {
        storedInHandover();
        this.world.commit(1);
        this.world.ask();
        this.world.othersRow();
        this.world.relay(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("A backlog of another instance stops a gate that sends")
    void anothersBacklogStopsTheGate() {
        this.world.othersRow();
        this.world.ask();
        Event behind = this.world.publish();
        assertThat(this.world.writer).containsExactly(behind);
    }

    @Test
    @DisplayName("With much left in the database HANDOVER is not tried")
    void aLargeBacklogIsNotWaitedFor() {
        this.world.circuitPermits = false;
        for (int i = 0; i <= GateWorld.LITTLE_LEFT; i++) {
            this.world.publish();
        }
        this.world.commit(100);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.STORING);
        this.world.relay(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
    }

    @Test
    @DisplayName("While rows stay (a partition is held), HANDOVER is tried less and less often, up to every 2 s")
    void visitsInVainBecomeRare() {
        this.world.othersRow();
        this.world.ask();
        List<Long> pauses = new ArrayList<>();
        for (int visit = 0; visit < 7; visit++) {
            pauses.add(pauseBeforeHandover().toMillis());
            this.world.time(LONG_HANDOVER);
            assertThat(this.world.state()).isEqualTo(GateState.STORING);
        }
        assertThat(pauses).containsExactly(0L, 100L, 200L, 400L, 800L, 1600L, 2000L);
    }

    @Test
    @DisplayName("A visit that ends well, or a lane without rows, lets HANDOVER be tried soon again")
    void pausesEndWithTheBacklog() {
        this.world.othersRow();
        this.world.ask();
        for (int visit = 0; visit < 5; visit++) {
            pauseBeforeHandover();
            this.world.time(LONG_HANDOVER);
        }
        assertThat(pauseBeforeHandover()).isEqualTo(Duration.ofMillis(1600));
        this.world.ask();
        this.world.othersRow();
        this.world.relay(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
        this.world.ask();
        assertThat(pauseBeforeHandover()).isZero();
        this.world.time(LONG_HANDOVER);
        assertThat(pauseBeforeHandover()).isEqualTo(Duration.ofMillis(100));
        this.world.time(LONG_HANDOVER);
        this.world.relay(1);
        assertThat(pauseBeforeHandover()).isZero();
    }

    /**
     * Asks every 100 ms until the gate waits in HANDOVER.
     */
    private Duration pauseBeforeHandover() {
        assertThat(this.world.state()).isEqualTo(GateState.STORING);
        Duration pause = Duration.ZERO;
        for (this.world.ask(); this.world.state() == GateState.STORING; this.world.ask()) {
            this.world.time(Duration.ofMillis(100));
            pause = pause.plusMillis(100);
        }
        return pause;
    }

    @Test
    @DisplayName("A refusal while parked events leave sends them back to the database, oldest first")
    void aRefusalWhileReleasingStoresTheRest() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Event first = this.world.publish();
        Event second = this.world.publish();
        this.world.ask();
        this.world.circuitPermits = false;
        this.world.gate.release();
        assertThat(this.world.writer).containsExactly(first, second);
        assertThat(this.world.state()).isEqualTo(GateState.STORING);
    }

    @Test
    @DisplayName("A database that cannot be asked for too long does not keep events from a healthy Kafka")
    void opensUnasked() {
        GateWorld unread = new GateWorld();
        Event waiting = unread.publish();
        unread.gate.openUnasked();
        unread.gate.release();
        assertThat(unread.inFlight).containsExactly(waiting);
    }

    @Test
    @DisplayName("When the application stops nothing stays parked")
    void closingStoresWhatIsParked() {
        storedInHandover();
        this.world.commit(1);
        Event parked = this.world.publish();
        this.world.gate.close();
        assertThat(this.world.writer).containsExactly(parked);
    }

    @Test
    @DisplayName("An event under way can be found wherever it is")
    void findsEvents() {
        Event sent = this.world.publish();
        this.world.circuitPermits = false;
        Event parked = this.world.publish();
        assertThat(this.world.gate.find(sent.eventId()))
                .extracting(EventUnderWay::state)
                .isEqualTo(EventUnderWay.State.IN_FLIGHT);
        assertThat(this.world.gate.find(parked.eventId()))
                .extracting(EventUnderWay::state)
                .isEqualTo(EventUnderWay.State.PARKED);
        this.world.ack();
        assertThat(this.world.gate.find(sent.eventId())).isNull();
        assertThat(this.world.gate.find(parked.eventId()))
                .extracting(EventUnderWay::state)
                .isEqualTo(EventUnderWay.State.BEING_STORED);
    }

    @Test
    @DisplayName("An event that finds the gate just opened is sent, not diverted")
    void anEventThatWaitedForTheLockSeesTheGateOpen() throws InterruptedException {
        GateWorld loading = new GateWorld();
        Thread publisher = new Thread(loading::publish);
        synchronized (loading.gate) {
            publisher.start();
            Awaitility.await().until(() -> publisher.getState() == Thread.State.BLOCKED);
            loading.ask();
        }
        publisher.join();
        assertThat(loading.inFlight).hasSize(1);
        assertThat(loading.state()).isEqualTo(GateState.DIRECT);
    }

    @Test
    @DisplayName("A gate that was closed while it sent what was parked stores the rest")
    void closingWhileReleasing() {
        storedInHandover();
        this.world.commit(1);
        this.world.relay(1);
        Event first = this.world.publish();
        Event second = this.world.publish();
        this.world.ask();
        this.world.meanwhile = this.world.gate::close;
        this.world.gate.release();
        assertThat(this.world.inFlight).containsExactly(first);
        this.world.ack();
        assertThat(this.world.writer).containsExactly(second);
    }

    @Test
    @DisplayName("A gate that was never loaded stores what is parked when it is closed")
    void closingBeforeLoaded() {
        GateWorld loading = new GateWorld();
        Event parked = loading.publish();
        loading.gate.close();
        assertThat(loading.writer).containsExactly(parked);
    }

    @Test
    @DisplayName("T6: an answer from before a restart is void")
    void anAnswerFromBeforeAReload() {
        Question slow = this.world.gate.question();
        this.world.othersRow();
        this.world.gate.reload();
        this.world.answer(slow, null);
        assertThat(this.world.state()).isEqualTo(GateState.LOADING);
    }

    @Test
    @DisplayName("T5: a gate that is loaded again does not ask while the writer holds an event of an earlier life")
    void aReloadedGateWaitsForTheWriter() {
        this.world.circuitPermits = false;
        this.world.publish();
        this.world.gate.reload();
        assertThat(this.world.state()).isEqualTo(GateState.LOADING);
        assertThat(this.world.gate.question()).isNull();
        this.world.commit(1);
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.STORING);
    }

    @Test
    @DisplayName("A database that is not there any more keeps no event from a healthy Kafka, whatever waits in it")
    void opensUnaskedWhileStoring() {
        storedInHandover();
        Event parked = this.world.publish();
        this.world.openUnasked();
        this.world.gate.release();
        assertThat(this.world.inFlight).containsExactly(parked);

        GateWorld storing = new GateWorld();
        storing.othersRow();
        storing.ask();
        assertThat(storing.state()).isEqualTo(GateState.STORING);
        storing.openUnasked();
        assertThat(storing.state()).isEqualTo(GateState.DIRECT);
    }

    /**
     * One event in the writer, not committed, while the gate waits in HANDOVER.
     */
    private Event storedInHandover() {
        this.world.circuitPermits = false;
        Event stored = this.world.publish();
        this.world.circuitPermits = true;
        this.world.ask();
        assertThat(this.world.state()).isEqualTo(GateState.HANDOVER);
        assertThat(this.world.writer).containsExactly(stored);
        return stored;
    }
}
