package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.supervisor.ConsumerThread.Activity;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;

/**
 * The consumer threads of one listener, by their containers: the children of the listener's, or itself. Told by the events
 * of the container, on the consumer threads. Thread-safe.
 */
final class ConsumerThreads {

    /**
     * Who had a thread last: one that was given to a successor has left its predecessor's loop.
     */
    private static final Map<Thread, WeakReference<ConsumerThread>> LATEST =
            Collections.synchronizedMap(new WeakHashMap<>());

    private final Map<Object, ConsumerThread> threads = new ConcurrentHashMap<>();

    private @Nullable Reason worst;

    void starting(Object child) {
        Thread thread = ConsumerThread.current();
        ConsumerThread consumer = new ConsumerThread(thread, Leftovers.of(child));
        if (thread != null) {
            WeakReference<ConsumerThread> predecessor = LATEST.put(thread, new WeakReference<>(consumer));
            ConsumerThread before = (predecessor == null) ? null : predecessor.get();
            if (before != null) {
                before.end();
            }
        }
        this.threads.put(child, consumer);
    }

    void started(Object child) {
        ConsumerThread consumer = this.threads.get(child);
        if (consumer != null) {
            consumer.started();
        }
    }

    void stopped(Object child, Reason reason) {
        ConsumerThread consumer = this.threads.get(child);
        if (consumer == null) {
            return; // Who was left behind explains nothing of what came after it.
        }
        consumer.stopped(reason);
        synchronized (this) {
            if (Crash.rank(reason) > Crash.rank(this.worst)) {
                this.worst = reason;
            }
        }
    }

    /**
     * Returns whether a consumer gave a reason that explains why all have stopped.
     */
    synchronized boolean explainStop() {
        return Crash.explains(this.worst);
    }

    /**
     * Returns the worst reason that a consumer gave since this was last asked.
     */
    @Nullable
    synchronized Reason takeWorst() {
        Reason reason = this.worst;
        this.worst = null;
        return reason;
    }

    @Nullable
    ConsumerThread of(Object child) {
        return this.threads.get(child);
    }

    @Nullable
    ConsumerThread remove(Object child) {
        return this.threads.remove(child);
    }

    /**
     * Forgets those that have ended.
     * @return those of them that did so without a word
     */
    List<ConsumerThread> forgetEnded() {
        List<ConsumerThread> died = new ArrayList<>();
        this.threads.forEach((child, consumer) -> {
            boolean ended = consumer.activity() == Activity.ENDED && this.threads.remove(child, consumer);
            if (ended && consumer.reason() == null) {
                died.add(consumer);
            }
        });
        return died;
    }

    /**
     * Forgets all: they are not waited for, and what ends them does not end their successors.
     */
    void abandon() {
        this.threads.keySet().forEach(child -> {
            if (child instanceof KafkaMessageListenerContainer<?, ?> part) {
                part.setEmergencyStop(() -> {});
            }
        });
        this.threads.clear();
    }

    boolean anyLeft() {
        return !this.threads.isEmpty();
    }

    /**
     * Returns whether one that is left is not to be disturbed: it is not in Kafka's client, but in a handler, most likely.
     */
    boolean anyAtWork() {
        return this.threads.values().stream().anyMatch(consumer -> consumer.activity() == Activity.WORKING);
    }

    /**
     * Returns how many live, as far as can be told without a look at their stacks.
     */
    int alive() {
        return (int)
                this.threads.values().stream().filter(ConsumerThreads::isAlive).count();
    }

    private static boolean isAlive(ConsumerThread consumer) {
        return !consumer.ended() && consumer.reason() == null;
    }

    /**
     * Returns whether all that live, as far as they tell, have a connection to Kafka.
     */
    boolean connected() {
        return this.threads.entrySet().stream()
                .filter(consumer -> isAlive(consumer.getValue()))
                .noneMatch(consumer -> consumer.getKey() instanceof AbstractMessageListenerContainer<?, ?> part
                        && Containers.isDisconnected(part));
    }
}
