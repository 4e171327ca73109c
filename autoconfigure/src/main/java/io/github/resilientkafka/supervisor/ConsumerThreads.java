package io.github.resilientkafka.supervisor;

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
        ConsumerThread consumer = new ConsumerThread(thread);
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
        if (consumer != null) {
            consumer.stopped(reason);
        }
        synchronized (this) {
            if (Crash.rank(reason) > Crash.rank(this.worst)) {
                this.worst = reason;
            }
        }
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
        this.threads.values().removeIf(consumer -> {
            boolean ended = consumer.activity() == ConsumerThread.Activity.ENDED;
            if (ended && consumer.reason() == null) {
                died.add(consumer);
            }
            return ended;
        });
        return died;
    }

    /**
     * Forgets all: who hangs is not waited for.
     */
    void abandon() {
        this.threads.clear();
    }

    boolean anyLeft() {
        return !this.threads.isEmpty();
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
