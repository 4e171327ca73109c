package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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

    private final ConsumerWatch watch;

    private final ListenerNews news;

    private final RestartPlan plan;

    private final Inquiry inquiry;

    private final ListenerRun run;

    private final ReentrantLock work = new ReentrantLock();

    private volatile boolean suspended;

    private @Nullable Crash forced;

    SupervisedListener(ResilientListener listener, Surroundings surroundings) {
        this.listener = listener;
        this.container = listener.container();
        this.surroundings = surroundings;
        this.history = new CrashHistory(surroundings.properties().supervisor(), surroundings.backoff());
        this.watch = new ConsumerWatch(listener, this.consumers);
        this.news = new ListenerNews(listener.id(), surroundings.notifier(), surroundings.clock());
        this.plan = new RestartPlan(listener.id(), this.history, this.news, surroundings);
        this.inquiry = new Inquiry(this, surroundings, this.news);
        this.run = new ListenerRun(this, surroundings, this.news, this.inquiry);
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
        return this.plan;
    }

    boolean hasRun() {
        return this.run.startedAt() != null;
    }

    @Nullable
    Instant startedAt() {
        return this.run.startedAt();
    }

    /**
     * A consumer thread begins. Called by it.
     */
    void consumerStarting(Object child) {
        // Whoever started it: it is not suspended any more.
        this.suspended = false;
        this.consumers.starting(child);
        this.watch.starting(child);
        this.run.beginUnlessUnderWay();
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
            this.run.stopped();
        } else {
            this.surroundings.lookAfter(this, Duration.ZERO);
        }
    }

    void consumerFailedToStart(Object child) {
        this.watch.starved(child);
        this.surroundings.lookAfter(this, Duration.ZERO);
    }

    void look() {
        if (this.surroundings.closing() || !this.work.tryLock()) {
            return;
        }
        try {
            if (this.container.isRunning()) {
                lookAtRunning();
            } else {
                lookAtStopped();
            }
        } finally {
            this.work.unlock();
        }
    }

    private void lookAtRunning() {
        this.run.beginUnlessUnderWay();
        Restart due = this.plan.next();
        if (due != null && due.whole()) {
            this.plan.clear();
        }
        Crash crash = this.watch.look();
        if (!this.container.isRunning() || (crash != null && this.plan.hasGivenUp())) {
            return;
        }
        if (crash == null) {
            this.plan.clear();
            if (this.plan.hasGivenUp()) {
                this.plan.pardon();
            }
            this.run.look();
        } else if (!this.surroundings.properties().supervisor().enabled()) {
            this.history.problem(crash.text(), this.surroundings.clock().instant());
        } else if (this.watch.needsWholeRestart(crash)) {
            stopByForce(crash);
        } else if (this.plan.next() == null) {
            crashed(crash, false);
        } else if (due != null && due.isDue()) {
            reviveConsumers();
        }
    }

    private void lookAtStopped() {
        this.watch.forgetEnded();
        if (this.consumers.anyLeft()) {
            return;
        }
        if (this.run.end()) {
            Containers.forgetDeadChildren(this.container);
            Crash crash = this.watch.whyStopped(this.forced);
            this.forced = null;
            if (crash == null || this.suspended) {
                stopped();
            } else {
                crashed(crash, true);
            }
        }
        Restart due = this.plan.next();
        if (due != null && !this.surroundings.wanted(this.container)) {
            stopped();
        } else if (due != null && due.isDue() && start()) {
            this.plan.restarted();
        }
    }

    private void stopped() {
        this.plan.clear();
        this.run.stopped();
    }

    private void crashed(Crash seen, boolean whole) {
        this.run.crashed();
        Duration delay = this.plan.crashed(this.inquiry.explain(seen), whole);
        if (delay != null) {
            this.surroundings.lookAfter(this, delay);
        }
    }

    private void reviveConsumers() {
        this.plan.clear();
        this.run.goOn();
        if (this.watch.revive() > 0) {
            this.plan.restarted();
        }
    }

    private void stopByForce(Crash crash) {
        this.news.stoppedByForce(crash);
        this.forced = crash;
        if (!Containers.stop(this.container, this.container::stopAbnormally) && this.watch.canAbandon()) {
            this.news.leftBehind();
            this.consumers.abandon();
        }
        lookAtStopped();
    }

    /** Whether the container could be started anew: what prevents it counts as a crash. */
    private boolean start() {
        boolean started = false;
        this.plan.clear();
        this.listener.reset();
        try {
            this.container.start();
            this.run.begin();
            started = true;
        } catch (RuntimeException ex) {
            if (this.container.isRunning()) {
                this.container.stopAbnormally(() -> {});
            }
            this.run.end();
            crashed(Crash.notStarted(ex), true);
        }
        if (this.surroundings.closing() || this.suspended) {
            this.container.stop();
        }
        return started;
    }

    void suspend() {
        this.suspended = true;
        operate(() -> {
            stop();
            this.suspended = true;
        });
    }

    void resume() {
        this.suspended = false;
        operate(() -> {
            this.plan.pardon();
            if (!this.container.isRunning()) {
                start();
            }
        });
    }

    void restart() {
        this.suspended = false;
        operate(() -> {
            stop();
            start();
        });
    }

    private void operate(Runnable operation) {
        this.work.lock();
        try {
            operation.run();
        } finally {
            this.work.unlock();
        }
    }

    private void stop() {
        boolean running = this.container.isRunning();
        this.plan.clear();
        this.plan.pardon();
        if (running && !Containers.stop(this.container, this.container::stop)) {
            this.news.busy();
        }
        lookAtStopped();
    }

    /**
     * Waits until nobody starts or stops the container.
     */
    boolean awaitIdle(Duration timeout) throws InterruptedException {
        if (!this.work.tryLock(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        this.plan.clear();
        this.work.unlock();
        return true;
    }
}
