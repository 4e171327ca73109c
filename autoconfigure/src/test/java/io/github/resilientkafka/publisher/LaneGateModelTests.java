package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.publisher.GateWorld.Event;
import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Many random walks through what may happen around a gate: outages, single failures, producers that end, slow answers of
 * the database, rows of others, in any order and also in the middle of a send. Every append to the log is checked for
 * order; at the end nothing may be missing and the gate must be open.
 */
class LaneGateModelTests {

    private static final int WALKS = 5_000;

    private static final int STEPS = 80;

    @Test
    @DisplayName("Whatever happens in whatever order, nothing overtakes, nothing is lost, and direct sending returns")
    void orderIsKeptOnRandomWalks() {
        int direct = 0;
        int stored = 0;
        for (int seed = 0; seed < WALKS; seed++) {
            Walk walk = new Walk(seed);
            try {
                walk.walk();
                walk.comeHome();
            } catch (AssertionError | RuntimeException ex) {
                throw new AssertionError("seed " + seed + ": " + walk.steps, ex);
            }
            direct += walk.direct;
            stored += walk.stored;
        }
        // Walks that never leave DIRECT, or never return to it, would prove nothing.
        assertThat(direct).isGreaterThan(WALKS);
        assertThat(stored).isGreaterThan(WALKS);
    }

    private static final class Walk {

        private final GateWorld world = new GateWorld();

        private final Random random;

        private final List<String> steps = new ArrayList<>();

        private @Nullable Question slow;

        private @Nullable LaneBacklog slowAnswer;

        private int direct;

        private int stored;

        Walk(int seed) {
            this.random = new Random(seed);
        }

        void walk() {
            for (int i = 0; i < STEPS; i++) {
                step();
            }
        }

        private void step() {
            int choice = this.random.nextInt(18);
            this.steps.add(this.world.state() + ":" + choice);
            switch (choice) {
                case 0, 1, 2 -> publish();
                case 3, 4 -> {
                    if (this.world.brokerUp && !this.world.inFlight.isEmpty()) {
                        this.world.ack();
                    }
                }
                case 5 -> {
                    this.world.brokerUp = !this.world.brokerUp;
                }
                case 6 -> this.world.circuitPermits = !this.world.circuitPermits;
                case 7 -> endProducer();
                case 8, 9 -> this.world.commit(1 + this.random.nextInt(3));
                case 10, 11 -> relay();
                case 12 -> this.world.ask();
                case 13 -> {
                    this.slow = this.world.gate.question();
                    this.slowAnswer = (this.slow != null) ? this.world.backlog() : null;
                }
                case 14 -> {
                    if (this.slow != null) {
                        this.world.answer(this.slow, this.slowAnswer);
                        this.slow = null;
                    }
                }
                case 15 -> this.world.time(Duration.ofMillis(100));
                case 16 -> this.world.othersRow();
                default -> release();
            }
        }

        private void publish() {
            int inFlight = this.world.inFlight.size();
            int inWriter = this.world.writer.size();
            this.world.publish();
            this.direct += this.world.inFlight.size() - inFlight;
            this.stored += this.world.writer.size() - inWriter;
        }

        /**
         * The producer's end: announced, then closed, which fails what is in flight in any order; some of it may have been
         * appended without an answer. Its successor is there once it is closed, before all answers have come.
         */
        private void endProducer() {
            this.world.producerAvailable = false;
            if (this.random.nextBoolean()) {
                publish();
            }
            this.world.gate.producerEnds();
            List<Event> closed = new ArrayList<>(this.world.inFlight);
            if (this.world.brokerUp) {
                closed.stream().limit(this.random.nextInt(closed.size() + 1)).forEach(this.world::append);
            }
            Collections.shuffle(closed, this.random);
            this.world.producerAvailable = true;
            for (Event event : closed) {
                if (this.random.nextBoolean()) {
                    publish();
                }
                if (this.world.inFlight.contains(event)) {
                    this.world.fail(event);
                }
            }
        }

        private void relay() {
            if (this.world.brokerUp && !this.world.rows.isEmpty()) {
                this.world.relaySends();
                if (this.random.nextInt(3) > 0) {
                    this.world.relaySettles();
                }
            }
        }

        /**
         * Other threads go on while parked events are sent.
         */
        private void release() {
            this.world.meanwhile = () -> {
                if (this.random.nextBoolean()) {
                    publish();
                } else {
                    this.world.ask();
                }
            };
            this.world.gate.release();
            this.world.meanwhile = () -> {};
        }

        /**
         * No faults any more, and a publisher that never pauses.
         */
        void comeHome() {
            this.world.brokerUp = true;
            this.world.circuitPermits = true;
            for (int i = 0; i < 100 && !isHome(); i++) {
                publish();
                while (!this.world.inFlight.isEmpty()) {
                    this.world.ack();
                }
                this.world.commit(100);
                this.world.relay(100);
                this.world.ask();
                release();
            }
            assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
            assertThat(this.world.log).containsAll(this.world.published);
            assertThat(this.world.openPermits()).isZero();
        }

        private boolean isHome() {
            return this.world.state() == GateState.DIRECT
                    && this.world.log.containsAll(this.world.published)
                    && this.world.rows.isEmpty();
        }
    }
}
