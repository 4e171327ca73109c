package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Many random walks through what may happen around a gate: outages, single failures, refusals, producers that end, slow
 * answers of the database, rows of others, a writer that gives up, stops and restarts, in any order and also while a
 * permit is asked for and in the middle of a send. Every append to the log is checked for order; at the end nothing may
 * be missing and the gate must be open.
 */
class LaneGateModelTests {

    private static final int WALKS = 5_000;

    private static final int STEPS = 120;

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
                if (this.random.nextInt(10) == 0) {
                    this.steps.add("release in " + this.world.state());
                    release();
                } else {
                    step();
                }
            }
        }

        /**
         * What any thread may do at any time, also while another one is about to send.
         */
        private void step() {
            int choice = this.random.nextInt(26);
            this.steps.add(choice + " in " + this.world.state());
            switch (choice) {
                case 0, 1, 2, 3 -> publish();
                case 4, 5 -> ack();
                case 6 -> this.world.brokerUp = !this.world.brokerUp;
                case 7 -> this.world.circuitPermits = !this.world.circuitPermits;
                case 8 -> this.world.producerRefuses = !this.world.producerRefuses;
                case 9 -> endProducer(this.world.inFlight.size());
                case 10 -> failOne();
                case 11, 12 -> failClosed();
                case 13 -> refuseOne();
                case 14, 15 -> this.world.commit(1 + this.random.nextInt(3));
                case 16, 17 -> relay();
                case 18 -> this.world.ask();
                case 19 -> askSlowly();
                case 20 -> answerAtLast();
                case 21 -> this.world.time(Duration.ofMillis(100));
                case 22 -> this.world.othersRow();
                case 23 -> recover();
                default -> rarely();
            }
        }

        private void several(Runnable step) {
            for (int i = this.random.nextInt(5); i >= 0; i--) {
                step.run();
            }
        }

        private void rarely() {
            int choice = this.random.nextInt(5);
            this.steps.add("rarely " + choice);
            switch (choice) {
                case 0 -> close();
                case 1 -> this.world.gate.reload();
                case 2 -> openUnasked();
                case 3 -> storeUnasked();
                default -> giveUp();
            }
        }

        /**
         * All is well for a moment: without that, walks would hardly ever be DIRECT.
         */
        private void recover() {
            this.world.brokerUp = true;
            this.world.circuitPermits = true;
            this.world.producerRefuses = false;
            while (!this.world.closing.isEmpty()) {
                failClosed();
            }
            this.world.commit(100);
            this.world.relay(100);
            this.world.ask();
        }

        private void publish() {
            if (this.random.nextInt(4) == 0) {
                this.world.beforePermit = () -> several(this::step);
            }
            if (this.random.nextInt(4) == 0) {
                this.world.meanwhile = () -> several(this::stepButPublishDirectly);
            }
            int inFlight = this.world.inFlight.size();
            int inWriter = this.world.writer.size();
            this.world.publish();
            this.direct += Math.max(0, this.world.inFlight.size() - inFlight);
            this.stored += Math.max(0, this.world.writer.size() - inWriter);
            this.world.beforePermit = () -> {};
            this.world.meanwhile = () -> {};
        }

        /**
         * Two threads that both send have no publish order: nobody can say who was first.
         */
        private void stepButPublishDirectly() {
            if (this.world.state() != GateState.DIRECT) {
                step();
            } else if (this.random.nextBoolean()) {
                endProducer(this.world.inFlight.size());
            } else {
                answerAtLast();
            }
        }

        private void ack() {
            if (this.world.brokerUp && !this.world.inFlight.isEmpty()) {
                this.world.ack();
            }
        }

        /**
         * The producer's end: announced, then closed. Its successor is there before all answers have come.
         * @param mayBeAppended how many of its records may be in Kafka nevertheless
         */
        private void endProducer(int mayBeAppended) {
            this.world.announceEnd();
            if (this.random.nextBoolean()) {
                this.world.publish();
            }
            this.world.closeProducer(this.world.brokerUp ? this.random.nextInt(mayBeAppended + 1) : 0);
            while (this.random.nextInt(3) > 0 && !this.world.closing.isEmpty()) {
                failClosed();
            }
        }

        /**
         * One record fails for good, and its producer is closed in that callback (R2).
         */
        private void failOne() {
            if (!this.world.inFlight.isEmpty()) {
                int index = this.random.nextInt(this.world.inFlight.size());
                this.world.fail(List.copyOf(this.world.inFlight).get(index));
                if (this.random.nextBoolean()) {
                    this.world.publish();
                }
                endProducer(index);
            }
        }

        private void failClosed() {
            if (!this.world.closing.isEmpty()) {
                this.world.failClosed(this.random.nextInt(this.world.closing.size()));
            }
        }

        private void refuseOne() {
            if (this.world.brokerUp && !this.world.inFlight.isEmpty()) {
                this.world.refuse(this.world.inFlight.getFirst());
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

        private void askSlowly() {
            this.slow = this.world.gate.question();
            this.slowAnswer = (this.slow != null) ? this.world.backlog() : null;
        }

        private void answerAtLast() {
            if (this.slow != null) {
                this.world.answer(this.slow, this.slowAnswer);
                this.slow = null;
            }
        }

        private void close() {
            this.world.gate.close();
            assertThat(this.world.state()).isIn(GateState.DIRECT, GateState.STOPPING, GateState.STORING);
        }

        private void openUnasked() {
            this.world.openUnasked();
            assertThat(this.world.state()).isIn(GateState.DIRECT, GateState.STOPPING, GateState.RELEASING);
        }

        private void storeUnasked() {
            this.world.gate.storeUnasked();
            assertThat(this.world.state()).isNotEqualTo(GateState.LOADING);
        }

        private void giveUp() {
            if (!this.world.writer.isEmpty()) {
                this.world.giveUp();
            }
        }

        /**
         * Other threads go on while parked events are sent.
         */
        private void release() {
            if (this.random.nextBoolean()) {
                this.world.beforePermit = () -> several(this::step);
            }
            if (this.random.nextBoolean()) {
                this.world.meanwhile = () -> several(this::step);
            }
            this.world.gate.release();
            this.world.beforePermit = () -> {};
            this.world.meanwhile = () -> {};
        }

        /**
         * No faults any more, and a publisher that never pauses.
         */
        void comeHome() {
            for (int i = 0; i < 100 && !isHome(); i++) {
                this.steps.add("home in " + this.world.state());
                this.world.publish();
                while (!this.world.inFlight.isEmpty()) {
                    this.world.ack();
                }
                recover();
                this.world.meanwhile = this.world::publish;
                this.world.gate.release();
            }
            assertThat(this.world.state()).isEqualTo(GateState.DIRECT);
            assertThat(this.world.log).containsAll(this.world.accepted());
            assertThat(this.world.openPermits()).isZero();
        }

        private boolean isHome() {
            return this.world.state() == GateState.DIRECT
                    && this.world.log.containsAll(this.world.accepted())
                    && this.world.rows.isEmpty();
        }
    }
}
