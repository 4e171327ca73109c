package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.ConsumerThread.Activity;
import io.github.resilientkafka.supervisor.Crash.Kind;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Finds consumers of a running container that do not run: its own word cannot be trusted, as a thread that died says
 * nothing. Used by one thread at a time, except where said.
 */
final class ConsumerWatch {

    private static final long CLOSE_LOOK_NANOS = Duration.ofSeconds(5).toNanos();

    private static final Duration MARGIN = Duration.ofSeconds(10);

    private final ResilientListener listener;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final ConsumerThreads consumers;

    private final Set<Object> starved = ConcurrentHashMap.newKeySet();

    private final Map<Object, Long> withoutThreadSince = new HashMap<>();

    private final Set<Object> suspects = new HashSet<>();

    /**
     * Dead ones that were put down, and not started again yet.
     */
    private final Set<Object> down = new HashSet<>();

    private final Replacement replacement;

    private long lastCloseLook = System.nanoTime();

    ConsumerWatch(ResilientListener listener, ConsumerThreads consumers) {
        this.listener = listener;
        this.container = listener.container();
        this.consumers = consumers;
        this.replacement = new Replacement(listener, consumers);
    }

    /** Called by the thread that starts the container. */
    void starved(Object part) {
        this.starved.add(part);
    }

    /** Called by the consumer thread. */
    void starting(Object part) {
        this.starved.remove(part);
    }

    /**
     * Returns what is wrong with a consumer of the container, which is running, or null if nothing is.
     */
    @Nullable
    Crash look() {
        boolean closely = System.nanoTime() - this.lastCloseLook > CLOSE_LOOK_NANOS;
        if (closely) {
            this.lastCloseLook = System.nanoTime();
        }
        List<AbstractMessageListenerContainer<?, ?>> parts = Containers.parts(this.container);
        this.starved.retainAll(parts);
        this.withoutThreadSince.keySet().retainAll(parts.isEmpty() ? List.of(this.container) : parts);
        this.suspects.retainAll(parts);
        this.down.retainAll(parts);
        if (parts.isEmpty()) {
            return isLongWithoutThread(this.container) ? Crash.of(Kind.NOT_STARTED) : null;
        }
        if (this.starved.containsAll(parts)) {
            return Crash.of(Kind.NO_THREAD);
        }
        for (AbstractMessageListenerContainer<?, ?> part : parts) {
            Crash crash = look(part, closely);
            if (crash != null) {
                return crash;
            }
        }
        return null;
    }

    private @Nullable Crash look(AbstractMessageListenerContainer<?, ?> part, boolean closely) {
        ConsumerThread consumer = this.consumers.of(part);
        if (closely && consumer != null && part.isRunning()) {
            Activity activity = consumer.activity();
            if (activity == Activity.IN_CLIENT && Containers.lastPoll(part).compareTo(longestSilence()) > 0) {
                if (!this.suspects.add(part)) {
                    return Crash.of(Kind.HUNG);
                }
            } else {
                this.suspects.remove(part);
            }
        }
        return isDead(part) ? whyDead(consumer) : null;
    }

    private static Crash whyDead(@Nullable ConsumerThread consumer) {
        return Crash.of((consumer != null && consumer.reason() != null) ? Kind.PRODUCER_FENCED : Kind.THREAD_ENDED);
    }

    private boolean isDead(AbstractMessageListenerContainer<?, ?> part) {
        if (this.down.contains(part) && !part.isRunning()) {
            return true;
        }
        this.down.remove(part);
        ConsumerThread consumer = this.consumers.of(part);
        if (consumer == null) {
            return part.isRunning()
                    && !this.starved.contains(part)
                    && isLongWithoutThread(part)
                    && Leftovers.ofUnused(part) != null;
        }
        this.withoutThreadSince.remove(part);
        if (part.isRunning()) {
            return consumer.reason() == null && consumer.ended();
        }
        if (consumer.activity() != Activity.ENDED) {
            return false;
        }
        Reason reason = consumer.reason();
        if (reason != null && Crash.rank(reason) == Crash.rank(Reason.NORMAL)) {
            this.consumers.remove(part);
            return false;
        }
        return true;
    }

    private boolean isLongWithoutThread(Object part) {
        long now = System.nanoTime();
        Long since = this.withoutThreadSince.putIfAbsent(part, now);
        Duration patience = MARGIN.plus(this.container.getContainerProperties().getConsumerStartTimeout());
        return since != null && now - since > patience.toNanos();
    }

    private Duration longestSilence() {
        return this.listener.maxPollInterval().plus(MARGIN);
    }

    /**
     * Returns whether a crash concerns the container as a whole, though it is running.
     */
    boolean needsWholeRestart(Crash crash) {
        return crash.kind() == Kind.HUNG || crash.kind() == Kind.NOT_STARTED;
    }

    /**
     * Starts dead consumers of the running container again. Those that cannot be started stay dead.
     */
    Revived revive() {
        int count = 0;
        Throwable failure = null;
        for (AbstractMessageListenerContainer<?, ?> part : Containers.parts(this.container)) {
            if (isDead(part)) {
                try {
                    if (this.down.add(part)) {
                        this.replacement.putDown(part);
                    }
                    this.replacement.start(part);
                    this.down.remove(part);
                    this.withoutThreadSince.remove(part);
                    count++;
                } catch (RuntimeException | Error ex) {
                    failure = ex;
                }
            }
        }
        this.consumers.takeWorst();
        return new Revived(count, failure);
    }

    /**
     * Forgets consumers that have ended, of a container that is stopped.
     */
    void forgetEnded() {
        this.consumers.forgetEnded().forEach(this.replacement::close);
    }

    /**
     * What became of dead consumers.
     *
     * @param count how many were started again
     * @param failure what kept one from being started, or null
     */
    record Revived(int count, @Nullable Throwable failure) {}
}
