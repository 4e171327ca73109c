package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.event.ConsumerStoppedEvent.Reason;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * One listener under supervision. Looked at again and again, and soon after its container's events; what is to be done
 * follows from what is seen then. The container is started and stopped by whoever holds {@link #work}, never by a consumer
 * thread.
 */
final class SupervisedListener {

    private final ResilientListener listener;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final Surroundings surroundings;

    private final ConsumerThreads consumers = new ConsumerThreads();

    private final CrashHistory history;

    private final ListenerCare care;

    private final ReentrantLock work = new ReentrantLock();

    private volatile boolean suspended;

    private boolean gone;

    SupervisedListener(ResilientListener listener, Surroundings surroundings) {
        this.listener = listener;
        this.container = listener.container();
        this.surroundings = surroundings;
        this.history = new CrashHistory(surroundings.properties().supervisor(), surroundings.backoff());
        this.care = new ListenerCare(this, surroundings, this.consumers);
    }

    ResilientListener listener() {
        return this.listener;
    }

    ConsumerThreads consumers() {
        return this.consumers;
    }

    CrashHistory history() {
        return this.history;
    }

    boolean suspended() {
        return this.suspended;
    }

    RestartPlan plan() {
        return this.care.plan();
    }

    boolean hasRun() {
        return startedAt() != null;
    }

    @Nullable
    Instant startedAt() {
        return this.care.run().startedAt();
    }

    /**
     * A consumer thread begins. Called by it.
     */
    void consumerStarting(Object child) {
        // Whoever started it: it is not suspended any more.
        this.suspended = false;
        this.consumers.starting(child);
        this.care.watch().starting(child);
        this.care.run().beginUnlessUnderWay();
    }

    /**
     * A consumer thread is about to end. Called by it: the container is not to be started before it has.
     */
    void consumerStopped(Object child, Reason reason) {
        this.consumers.stopped(child, reason);
        if (child == this.container) {
            containerStopped();
        }
        this.surroundings.lookAfter(this, Duration.ZERO);
    }

    /**
     * The last consumer of the container is about to end; it cannot be started before this returns.
     */
    void containerStopped() {
        this.listener.reset();
        if (this.surroundings.closing()) {
            this.care.run().stopped();
        } else {
            this.surroundings.lookAfter(this, Duration.ZERO);
        }
    }

    void consumerFailedToStart(Object child) {
        this.care.watch().starved(child);
        this.surroundings.lookAfter(this, Duration.ZERO);
    }

    void look() {
        if (this.surroundings.closing() || !this.work.tryLock()) {
            return;
        }
        try {
            if (!this.gone) {
                this.care.look();
            }
        } finally {
            this.work.unlock();
        }
    }

    void suspend() {
        this.suspended = true;
        operate(() -> {
            this.care.stop();
            this.suspended = true;
        });
    }

    void resume() {
        this.suspended = false;
        operate(() -> {
            plan().pardon();
            if (!this.container.isRunning()) {
                this.care.start();
            }
        });
    }

    void restart() {
        this.suspended = false;
        operate(() -> {
            this.care.stop();
            this.care.start();
        });
    }

    private void operate(Runnable operation) {
        this.work.lock();
        try {
            if (!this.gone) {
                operation.run();
            }
        } finally {
            this.work.unlock();
        }
    }

    /**
     * Looks whether nobody will start the container again. If so, we don't either.
     * @param lost whether it was taken out of its registry
     * @return whether it is gone, for good
     */
    boolean isGone(BooleanSupplier lost) {
        if (this.container.isRunning() || !lost.getAsBoolean() || !this.work.tryLock()) {
            return false;
        }
        try {
            if (!this.container.isRunning() && !this.consumers.anyLeft()) {
                this.gone = true;
                this.care.end();
            }
            return this.gone;
        } finally {
            this.work.unlock();
        }
    }

    /**
     * Waits until nobody starts or stops the container.
     */
    boolean awaitIdle(Duration timeout) throws InterruptedException {
        if (!this.work.tryLock(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        plan().clear();
        this.work.unlock();
        return true;
    }
}
