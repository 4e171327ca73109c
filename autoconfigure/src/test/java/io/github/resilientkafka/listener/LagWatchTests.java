package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;

import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * What goes wrong while listeners are looked at does not end the watch.
 */
class LagWatchTests {

    private static final Duration HASTY = Duration.ofMillis(10);

    private final LagWatch watch = new LagWatch(HASTY, HASTY);

    @AfterEach
    void close() {
        this.watch.close();
    }

    @Test
    @DisplayName("D6: an error of the JVM ends no watch")
    void whenALookEndsWithAnErrorThenThereIsAnother() {
        ResilientListener listener = mock();
        given(listener.assignedPartitions()).willThrow(new NoClassDefFoundError("com/example/Mine"));
        this.watch.watch(listener);
        verify(listener, timeout(5_000).atLeast(3)).assignedPartitions();
    }

    @Test
    @DisplayName(
            "D6: a listener that cannot be asked about, for an error of the JVM, keeps no other from being asked about")
    void whenAskingAboutAListenerIsAnErrorThenOthersAreAskedAboutNevertheless() {
        ResilientListener one = listenerThatCannotBeAskedAbout();
        ResilientListener other = listenerThatCannotBeAskedAbout();
        this.watch.watch(one);
        this.watch.watch(other);
        verify(one, timeout(5_000).atLeast(5)).consumerSettings();
        verify(other, timeout(5_000).atLeast(5)).consumerSettings();
    }

    @Test
    @DisplayName("D6: a watch whose thread has ended, whatever has ended it, goes on when lag is wanted")
    void whenTheThreadHasEndedThenThereIsANewOneWhenLagIsWanted() {
        Thread test = Thread.currentThread();
        Queue<Thread> threads = new ConcurrentLinkedQueue<>();
        ResilientListener listener = mock();
        given(listener.assignedPartitions()).willAnswer(call -> {
            if (Thread.currentThread() != test) {
                threads.add(Thread.currentThread());
                Thread.currentThread().interrupt();
            }
            return Set.of(new TopicPartition("topic", 0));
        });
        given(listener.container()).willAnswer(call -> mock(AbstractMessageListenerContainer.class));
        this.watch.watch(listener);
        Awaitility.await().until(() -> threads.size() == 1 && !threads.element().isAlive());
        assertThat(this.watch.lag(listener)).isEqualTo(ListenerLag.UNKNOWN);
        Awaitility.await().until(() -> threads.size() == 2);
    }

    private static ResilientListener listenerThatCannotBeAskedAbout() {
        ResilientListener listener = mock();
        AbstractMessageListenerContainer<?, ?> container = mock();
        given(container.getGroupId()).willReturn("group");
        given(listener.assignedPartitions()).willReturn(Set.of(new TopicPartition("topic", 0)));
        willAnswer(call -> container).given(listener).container();
        given(listener.consumerSettings()).willThrow(new NoClassDefFoundError("com/example/Login"));
        return listener;
    }
}
