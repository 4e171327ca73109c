package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LanesTests {

    @Test
    @DisplayName("W5: the lane of a key is frozen for ever (values computed apart from this code)")
    void frozen() {
        assertThat(lane("orders.placed", "c1")).isEqualTo(GOLDEN_C1);
        assertThat(lane("orders.placed", "c2")).isEqualTo(GOLDEN_C2);
        assertThat(lane("bestellungen-ä", "")).isEqualTo(GOLDEN_EMPTY);
    }

    private static final int GOLDEN_C1 = 32;

    private static final int GOLDEN_C2 = 34;

    private static final int GOLDEN_EMPTY = 54;

    @Test
    void keysAreSpreadOverAllLanes() {
        Set<Integer> lanes = new HashSet<>();
        for (int i = 0; i < 2_000; i++) {
            int lane = lane("orders", "key-" + i);
            assertThat(lane).isBetween(0, 63);
            lanes.add(lane);
        }
        assertThat(lanes).hasSize(64);
    }

    private static int lane(String topic, String key) {
        return Lanes.laneOf(Lanes.topicHash(topic), key.getBytes(StandardCharsets.UTF_8));
    }
}
