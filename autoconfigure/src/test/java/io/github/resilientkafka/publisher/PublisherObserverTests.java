package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.github.resilientkafka.message.FailureKind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PublisherObserverTests {

    private final List<String> told = new ArrayList<>();

    @Test
    void everyObserverIsToldEverythingInOrder() {
        PublisherObserver all = PublisherObserver.of(Stream.of(new Noting("a"), new Noting("b")));

        all.sent(1);
        all.notSent(FailureKind.TOPIC, 2);
        all.stored();
        all.lost();
        all.notSerialized();
        all.queueFull();
        all.producerFailed();

        assertThat(this.told)
                .containsExactly(
                        "a sent 1",
                        "b sent 1",
                        "a notSent TOPIC 2",
                        "b notSent TOPIC 2",
                        "a stored",
                        "b stored",
                        "a lost",
                        "b lost",
                        "a notSerialized",
                        "b notSerialized",
                        "a queueFull",
                        "b queueFull",
                        "a producerFailed",
                        "b producerFailed");
    }

    @Test
    void withoutAnyNobodyIsTold() {
        assertThat(PublisherObserver.of(Stream.empty())).isSameAs(PublisherObserver.NONE);
    }

    private final class Noting implements PublisherObserver {

        private final String name;

        Noting(String name) {
            this.name = name;
        }

        @Override
        public void sent(long nanos) {
            note("sent " + nanos);
        }

        @Override
        public void notSent(FailureKind kind, long nanos) {
            note("notSent " + kind + " " + nanos);
        }

        @Override
        public void stored() {
            note("stored");
        }

        @Override
        public void lost() {
            note("lost");
        }

        @Override
        public void notSerialized() {
            note("notSerialized");
        }

        @Override
        public void queueFull() {
            note("queueFull");
        }

        @Override
        public void producerFailed() {
            note("producerFailed");
        }

        private void note(String what) {
            PublisherObserverTests.this.told.add(this.name + " " + what);
        }
    }

    @Test
    void whatAnObserverThrowsDoesNotReachWhoTellsIt() {
        PublisherObserver throwing = new PublisherObserver() {

            @Override
            public void sent(long nanos) {
                throw new IllegalStateException("registry closed (says the test)");
            }
        };
        assertThatCode(() -> PublisherObserver.of(Stream.of(throwing)).sent(1)).doesNotThrowAnyException();
    }
}
