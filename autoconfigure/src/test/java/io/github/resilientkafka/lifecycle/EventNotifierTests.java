package io.github.resilientkafka.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class EventNotifierTests {

    private static final ResilientKafkaEvent FIRST = new CircuitHalfOpened(Instant.EPOCH);

    private static final ResilientKafkaEvent SECOND = new CircuitClosed(Instant.EPOCH);

    private final List<Object> delivered = new CopyOnWriteArrayList<>();

    @Test
    @DisplayName("N2: an event for which no thread can be had is dropped, told once, and disturbs nobody")
    void whenThereIsNoThreadThenTheEventIsDroppedAndTheNextOneIsDelivered(CapturedOutput output) {
        AtomicBoolean noThread = new AtomicBoolean(true);
        try (EventNotifier notifier = new EventNotifier(this.delivered::add, task -> {
            if (noThread.get()) {
                throw new InternalError("unable to create native thread");
            }
            return new Thread(task);
        })) {
            notifier.afterSingletonsInstantiated();
            assertThatCode(() -> notifier.publish(FIRST)).doesNotThrowAnyException();
            assertThatCode(() -> notifier.publish(FIRST)).doesNotThrowAnyException();
            noThread.set(false);
            notifier.publish(SECOND);
            Awaitility.await().untilAsserted(() -> assertThat(this.delivered).containsExactly(SECOND));
            assertThat(output).containsOnlyOnce("unable to create native thread");
        }
    }

    @Test
    @DisplayName("N2: a listener that throws an error of the JVM is told of, and ends no thread")
    void whenAListenerThrowsAnErrorThenTheNextEventIsDeliveredOnTheSameThread(CapturedOutput output) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (EventNotifier notifier = new EventNotifier(event -> {
            threads.add(Thread.currentThread());
            this.delivered.add(event);
            if (event == FIRST) {
                throw new NoClassDefFoundError("com/example/Mine");
            }
        })) {
            notifier.afterSingletonsInstantiated();
            notifier.publish(FIRST);
            notifier.publish(SECOND);
            Awaitility.await().untilAsserted(() -> assertThat(this.delivered).containsExactly(FIRST, SECOND));
            assertThat(threads).hasSize(1);
            assertThat(output).contains("A listener failed for CircuitHalfOpened");
        }
    }
}
