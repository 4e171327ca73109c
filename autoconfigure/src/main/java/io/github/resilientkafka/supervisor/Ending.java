package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.Crash.Kind;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * The end of a run, from the moment that the container is stopped until the last of its consumers has ended: whether it was
 * a crash, and whether to wait for who is still at work. Used by one thread at a time.
 */
final class Ending {

    private final ResilientListener listener;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final ConsumerThreads consumers;

    private @Nullable Crash forced;

    private @Nullable Crash crash;

    private boolean told;

    private @Nullable Long since;

    Ending(ResilientListener listener, ConsumerThreads consumers) {
        this.listener = listener;
        this.container = listener.container();
        this.consumers = consumers;
    }

    /**
     * The run is over. What ended it says nothing of the next one.
     */
    void end() {
        this.consumers.takeWorst();
        this.listener.takeFatalError();
        reset();
    }

    /**
     * The container runs again.
     */
    void reset() {
        this.forced = null;
        this.crash = null;
        this.told = false;
        this.since = null;
    }

    /**
     * The container is stopped by force.
     */
    void forced(Crash reason) {
        this.forced = reason;
    }

    /**
     * Returns why the container, which is stopped, has crashed; null if it did not, if that was told already, or if nobody
     * has said yet why, and may still do so.
     */
    @Nullable
    Crash untold() {
        if (this.since == null) {
            this.since = System.nanoTime();
        }
        if (this.crash == null && (!this.consumers.anyLeft() || isExplained())) {
            this.crash = whyStopped();
        }
        return this.told ? null : this.crash;
    }

    void told() {
        this.told = true;
    }

    boolean wasCrash() {
        return this.told;
    }

    private boolean isExplained() {
        return this.forced != null
                || (!this.container.isInExpectedState() && (this.consumers.explainStop() || isOverdue()));
    }

    private @Nullable Crash whyStopped() {
        Reason worst = this.consumers.takeWorst();
        Error error = this.listener.takeFatalError();
        if (this.forced != null) {
            return this.forced;
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
     * Returns whether consumers have had their time to end.
     */
    boolean isOverdue() {
        long patience = Duration.ofMillis(
                        this.container.getContainerProperties().getShutdownTimeout())
                .toNanos();
        return this.since != null && System.nanoTime() - this.since > patience;
    }

    /**
     * Returns whether the container can be started beside consumers that have not ended: only if it gets new children then,
     * as a single one would let the old thread go on as well. Who is at work must have partitions that nobody is given
     * before it is done, or has been silent for max.poll.interval.ms: its group sees to that, unless a successor comes under
     * the same name.
     */
    boolean canAbandon() {
        return !Containers.isSingle(this.container) && (isGuardedByGroup() || !this.consumers.anyAtWork());
    }

    private boolean isGuardedByGroup() {
        return Containers.assigned(this.container.getContainerProperties()).isEmpty()
                && this.listener.consumerSettings().get(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG) == null;
    }
}
