package io.github.resilientkafka.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DeliveryObserverTests {

    private final List<String> told = new ArrayList<>();

    @Test
    void everyObserverIsToldEverythingInOrder() {
        DeliveryObserver all = DeliveryObserver.of(Stream.of(new Noting("a"), new Noting("b")));

        all.retrySucceeded(1);
        all.retryFailed(2);
        all.deadLettered(3);
        all.replayed(4);
        all.parked(5);

        assertThat(this.told)
                .containsExactly(
                        "a succeeded 1",
                        "b succeeded 1",
                        "a failed 2",
                        "b failed 2",
                        "a deadLettered 3",
                        "b deadLettered 3",
                        "a replayed 4",
                        "b replayed 4",
                        "a parked 5",
                        "b parked 5");
    }

    @Test
    void nothingIsPutBetweenTheRelayAndASingleObserver() {
        DeliveryObserver only = new Noting("a");

        assertThat(DeliveryObserver.of(Stream.of(only))).isSameAs(only);
        assertThat(DeliveryObserver.of(Stream.empty())).isSameAs(DeliveryObserver.NONE);
    }

    private final class Noting implements DeliveryObserver {

        private final String name;

        Noting(String name) {
            this.name = name;
        }

        @Override
        public void retrySucceeded(int events) {
            note("succeeded " + events);
        }

        @Override
        public void retryFailed(int events) {
            note("failed " + events);
        }

        @Override
        public void deadLettered(int events) {
            note("deadLettered " + events);
        }

        @Override
        public void replayed(int records) {
            note("replayed " + records);
        }

        @Override
        public void parked(int records) {
            note("parked " + records);
        }

        private void note(String what) {
            DeliveryObserverTests.this.told.add(this.name + " " + what);
        }
    }
}
