package io.github.resilientkafka.publisher;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.publisher.BacklogPoll.Round;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class BacklogPollTests {

    private static final long LITTLE = 100;

    private final List<Integer> asked = new ArrayList<>();

    private final BacklogPoll poll =
            new BacklogPoll(this::pendingRows, mock(PublisherCircuit.class), Duration.ofSeconds(30));

    private final LaneGate[] gates = {storing(0), storing(1)};

    @Test
    void aLaneWithMuchLeftIsAskedForLessOftenThanOneWithLittle() {
        this.poll.start();
        Awaitility.await().until(() -> {
            ask(this.gates);
            return times(1) - times(0) >= 3;
        });
    }

    @Test
    void aLaneWithMuchLeftIsNotForgottenWhileAnotherIsAskedForAllTheTime() {
        LaneGate busy = storing(2);
        given(busy.state()).willReturn(GateState.HANDOVER);
        LaneGate[] gates = {this.gates[0], busy};
        this.poll.start();
        Awaitility.await()
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(4))
                .until(() -> {
                    ask(gates);
                    return times(0) == 3;
                });
    }

    private void ask(LaneGate[] gates) {
        Round round = this.poll.ask(gates);
        if (round != null) {
            this.poll.tell(round, gates);
        }
    }

    private int times(int lane) {
        return Collections.frequency(this.asked, lane);
    }

    private List<LaneBacklog> pendingRows(List<Integer> lanes) {
        this.asked.addAll(lanes);
        return List.of(new LaneBacklog(0, 1, 1 + 32 * LITTLE), new LaneBacklog(1, 1, 32 * LITTLE));
    }

    private static LaneGate storing(int lane) {
        Handover handover = new Handover(LITTLE);
        LaneGate gate = mock();
        given(gate.lane()).willReturn(lane);
        given(gate.state()).willReturn(GateState.STORING);
        given(gate.question()).willAnswer(call -> handover.ask(gate));
        given(gate.hasMuchLeft()).willAnswer(call -> handover.hasMuchLeft());
        willAnswer(call -> {
                    handover.start(call.getArgument(1), call.getArgument(2));
                    return null;
                })
                .given(gate)
                .answered(any(), any(), anyLong());
        return gate;
    }
}
