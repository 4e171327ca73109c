package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("D5: an eager assignor is recognised")
class AssignorNoteTests {

    private static final String STRATEGY = "partition.assignment.strategy";

    @Test
    void whenOneIsEagerThenTheGroupIs() {
        assertThat(AssignorNote.eagerAssignor(Map.of())).isEqualTo("RangeAssignor");
        assertThat(AssignorNote.eagerAssignor(Map.of(STRATEGY, StickyAssignor.class.getName())))
                .isEqualTo("StickyAssignor");
        assertThat(AssignorNote.eagerAssignor(Map.of(
                        STRATEGY, CooperativeStickyAssignor.class.getName() + ", " + RangeAssignor.class.getName())))
                .isEqualTo("RangeAssignor");
        assertThat(AssignorNote.eagerAssignor(
                        Map.of(STRATEGY, List.of(CooperativeStickyAssignor.class, RoundRobinAssignor.class))))
                .isEqualTo("RoundRobinAssignor");
    }

    @Test
    void whenAllAreCooperativeOrTheBrokerAssignsThenThereIsNothingToSay() {
        assertThat(AssignorNote.eagerAssignor(Map.of(STRATEGY, CooperativeStickyAssignor.class.getName())))
                .isNull();
        assertThat(AssignorNote.eagerAssignor(Map.of(STRATEGY, "com.acme.MyAssignor")))
                .isNull();
        assertThat(AssignorNote.eagerAssignor(Map.of("group.protocol", "CONSUMER")))
                .isNull();
    }
}
