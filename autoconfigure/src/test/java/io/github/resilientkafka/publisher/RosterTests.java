package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RosterTests {

    private final GateWorld world = new GateWorld();

    private final Roster roster = new Roster();

    private final List<GatedEvent> expected = new ArrayList<>();

    @Test
    void knowsWhoHasJoinedAndNotLeftInTheirOrder() {
        Random random = new Random(7);
        for (int step = 0; step < 5_000; step++) {
            // Waves of a few hundred, which leave in no particular order, the older ones mostly first.
            boolean joins = random.nextInt(100) < ((step % 1_000 < 500) ? 80 : 20);
            if (joins || this.expected.isEmpty()) {
                join();
            } else {
                leave(random.nextInt(Math.min(10, this.expected.size())));
            }
            assertThat(this.roster.isEmpty()).isEqualTo(this.expected.isEmpty());
            if (step % 50 == 0) {
                assertThat(this.roster).containsExactlyElementsOf(this.expected);
            }
        }
        while (!this.expected.isEmpty()) {
            leave(this.expected.size() - 1);
        }
        assertThat(this.roster.isEmpty()).isTrue();
        assertThat(this.roster).isEmpty();
    }

    @Test
    void oneThatStaysIsNotLostWhileOthersComeAndGo() {
        join();
        for (int others = 0; others < 1_000; others++) {
            join();
            join();
            leave(1);
            assertThat(this.roster).containsExactlyElementsOf(this.expected);
            leave(1);
        }
        leave(0);
        assertThat(this.roster.isEmpty()).isTrue();
    }

    @Test
    void theirPlacesAreUsedAgainThoughNobodyAsksWhetherAnyIsLeft() {
        for (int waiting = 0; waiting < 12; waiting++) {
            join();
        }
        for (int step = 0; step < 1_000; step++) {
            join();
            leave(0);
        }
        assertThat(this.expected.get(0).places()).hasSize(16);
        assertThat(this.roster).containsExactlyElementsOf(this.expected);
    }

    private void join() {
        GatedEvent event = this.world.new Event();
        this.expected.add(event);
        this.roster.add(event);
    }

    private void leave(int index) {
        Roster.leave(this.expected.remove(index));
    }
}
