package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.ConsumerThread.Activity;
import io.github.resilientkafka.supervisor.Crash.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Finds consumers of a running container that do not run: its own word cannot be trusted, as a thread that died says
 * nothing. Used by one thread at a time, except where said.
 */
final class ConsumerWatch {

    private static final Logger logger = LoggerFactory.getLogger(ConsumerWatch.class);

    private static final long CLOSE_LOOK_NANOS = Duration.ofSeconds(5).toNanos();

    private static final Duration MARGIN = Duration.ofSeconds(10);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final ResilientListener listener;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final ConsumerThreads consumers;

    private final Set<Object> starved = ConcurrentHashMap.newKeySet();

    private final Map<Object, Long> withoutThreadSince = new HashMap<>();

    private final Set<Object> suspects = new HashSet<>();

    private long lastCloseLook = System.nanoTime();

    ConsumerWatch(ResilientListener listener, ConsumerThreads consumers) {
        this.listener = listener;
        this.container = listener.container();
        this.consumers = consumers;
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
     * Returns whether a consumer waits for a thread. May be called by any thread.
     */
    boolean anyStarved() {
        return !this.starved.isEmpty();
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
        this.withoutThreadSince.keySet().retainAll(parts);
        this.suspects.retainAll(parts);
        if (!parts.isEmpty() && this.starved.containsAll(parts)) {
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
        ConsumerThread consumer = this.consumers.of(part);
        if (consumer == null) {
            return part.isRunning() && !this.starved.contains(part) && isLongWithoutThread(part);
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
        return since != null && now - since > MARGIN.toNanos();
    }

    private Duration longestSilence() {
        return this.listener.maxPollInterval().plus(MARGIN);
    }

    /**
     * Forgets consumers that have ended, of a container that is stopped.
     */
    void forgetEnded() {
        this.consumers.forgetEnded().forEach(this::closeConsumerOf);
    }

    /**
     * Returns why the container, which has stopped, did so by itself, or null if it was stopped on purpose.
     * @param forced why it was stopped by force, or null if it was not
     */
    @Nullable
    Crash whyStopped(@Nullable Crash forced) {
        Reason worst = this.consumers.takeWorst();
        Error error = this.listener.takeFatalError();
        if (forced != null) {
            return forced;
        }
        if (!this.container.isInExpectedState()) {
            return (worst == Reason.ERROR && error == null && !this.listener.pausesPartitions())
                    ? Crash.of(Kind.UNSEEN_ERROR)
                    : Crash.of(worst, error);
        }
        boolean stoppedItself = Containers.isSingle(this.container) && worst == Reason.FENCED;
        return stoppedItself ? Crash.of(Kind.PRODUCER_FENCED) : null;
    }

    /**
     * Returns whether a crash concerns the container as a whole, though it is running.
     */
    boolean needsWholeRestart(Crash crash) {
        return crash.kind() == Kind.HUNG || crash.kind() == Kind.NO_THREAD;
    }

    /**
     * Returns whether the container can be started beside a thread that hangs: only if it gets new children then. A single
     * one would let the old thread go on as well.
     */
    boolean canAbandon() {
        return !Containers.isSingle(this.container);
    }

    /**
     * Starts dead consumers of the running container again; their siblings go on.
     * @return how many
     */
    int revive() {
        List<AbstractMessageListenerContainer<?, ?>> dead = new ArrayList<>();
        for (AbstractMessageListenerContainer<?, ?> part : Containers.parts(this.container)) {
            if (isDead(part)) {
                dead.add(part);
            }
        }
        dead.forEach(this::revive);
        this.consumers.takeWorst();
        return dead.size();
    }

    private void revive(AbstractMessageListenerContainer<?, ?> part) {
        ConsumerThread consumer = this.consumers.remove(part);
        this.withoutThreadSince.remove(part);
        if (part.isRunning()) {
            part.stop(() -> {});
        }
        if (consumer != null && consumer.reason() == null) {
            closeConsumerOf(consumer);
            if (consumer.counted()) {
                this.container.childStopped(part, Reason.ERROR);
            }
        }
        Collection<TopicPartition> lost = part.getAssignedPartitions();
        if (!this.consumers.anyLeft()) {
            this.listener.reset();
        } else if (lost != null) {
            this.listener.lost(List.copyOf(lost), (consumer == null) ? null : consumer.thread());
        }
        logger.info("A consumer of listener {} is started again", this.listener.id());
        part.start();
        if (part != this.container && !this.container.isRunning()) {
            part.stop();
        }
    }

    /**
     * A thread that died has left its consumer in the group, which would wait for it for max.poll.interval.ms. Nothing is
     * committed: the container would wait for its own thread to do so, for ever. So it is not to hear of it.
     */
    private void closeConsumerOf(ConsumerThread consumer) {
        Thread thread = consumer.thread();
        Consumer<?, ?> left = (thread == null) ? null : this.listener.consumerOf(thread);
        if (left != null) {
            try {
                Pattern pattern = this.container.getContainerProperties().getTopicPattern();
                if (pattern == null) {
                    left.subscribe(left.subscription(), new Deaf());
                } else {
                    left.subscribe(pattern, new Deaf());
                }
                left.close(CLOSE_TIMEOUT);
            } catch (KafkaException | IllegalStateException | ConcurrentModificationException ex) {
                logger.warn("The consumer that listener {} left behind could not be closed", this.listener.id(), ex);
            }
        }
    }

    /**
     * Hears nothing of what is taken away.
     */
    private static final class Deaf implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
