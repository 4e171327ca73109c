package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.ConsumerWatch.Revived;
import io.github.resilientkafka.supervisor.Crash.Kind;
import java.time.Duration;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Looks at a listener's container, and does what follows from what is seen. Used by one thread at a time, but for what is
 * said to be otherwise.
 */
final class ListenerCare {

    private final SupervisedListener supervised;

    private final ResilientListener listener;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final Surroundings surroundings;

    private final ConsumerThreads consumers;

    private final ConsumerWatch watch;

    private final Ending ending;

    private final ListenerNews news;

    private final RestartPlan plan;

    private final Inquiry inquiry;

    private final ListenerRun run;

    ListenerCare(SupervisedListener supervised, Surroundings surroundings, ConsumerThreads consumers) {
        this.supervised = supervised;
        this.listener = supervised.listener();
        this.container = this.listener.container();
        this.surroundings = surroundings;
        this.consumers = consumers;
        this.watch = new ConsumerWatch(this.listener, consumers);
        this.ending = new Ending(this.listener, consumers);
        this.news = new ListenerNews(this.listener.id(), surroundings.notifier(), surroundings.clock());
        this.plan = new RestartPlan(this.listener.id(), supervised.history(), this.news, surroundings);
        this.inquiry = new Inquiry(supervised, surroundings, this.news);
        this.run = new ListenerRun(supervised, surroundings, this.news, this.inquiry);
    }

    /** Read by any thread. */
    RestartPlan plan() {
        return this.plan;
    }

    /** Begun, and read, by any thread. */
    ListenerRun run() {
        return this.run;
    }

    /** Told by consumer threads. */
    ConsumerWatch watch() {
        return this.watch;
    }

    void look() {
        if (this.container.isRunning()) {
            lookAtRunning();
        } else {
            lookAtStopped();
        }
    }

    private void lookAtRunning() {
        this.ending.reset();
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
        } else if (crash.kind() == Kind.NO_THREAD) {
            this.run.waitsForThread(crash);
        } else if (!this.surroundings.properties().supervisor().enabled()) {
            this.supervised
                    .history()
                    .problem(crash.text(), this.surroundings.clock().instant());
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
        if (this.run.isUnderWay()) {
            lookAtEnding();
        }
        Restart due = this.plan.next();
        if (due == null || this.consumers.anyLeft()) {
            return;
        }
        if (!this.surroundings.wanted(this.container)) {
            stopped();
        } else if (due.isDue() && start()) {
            this.plan.restarted();
        }
    }

    /**
     * A crash is told as soon as it is known to be one, though its siblings may be at work for long; the run is over, and
     * the next one can begin, when they have ended, or can be left to themselves.
     */
    private void lookAtEnding() {
        Crash crash = this.supervised.suspended() ? null : this.ending.untold();
        if (crash != null) {
            crashed(crash, true);
            this.ending.told();
        }
        if (this.consumers.anyLeft() && !leavesThem()) {
            return;
        }
        Containers.forgetDeadChildren(this.container);
        if (this.supervised.suspended() || !this.ending.wasCrash()) {
            stopped();
        }
        this.ending.end();
        this.run.end();
    }

    private boolean leavesThem() {
        Restart due = this.plan.next();
        boolean leaves = due != null
                && due.isDue()
                && this.ending.isOverdue()
                && this.ending.canAbandon()
                && this.surroundings.wanted(this.container);
        if (leaves) {
            this.news.leftAtWork();
            this.consumers.abandon();
        }
        return leaves;
    }

    private void stopped() {
        this.plan.clear();
        this.run.stopped();
    }

    private void crashed(Crash seen, boolean whole) {
        this.run.crashed();
        Duration delay = this.plan.crashed(this.inquiry.explain(seen), whole);
        if (delay != null) {
            this.surroundings.lookAfter(this.supervised, delay);
        }
    }

    private void reviveConsumers() {
        this.plan.clear();
        this.run.goOn();
        Revived revived = this.watch.revive();
        if (revived.count() > 0) {
            this.plan.restarted();
        }
        if (revived.failure() != null) {
            boolean whole = !this.container.isRunning();
            crashed(Crash.notStarted(revived.failure()), whole);
            if (whole) {
                this.ending.told();
                this.run.end();
            }
        }
    }

    private void stopByForce(Crash crash) {
        this.news.stoppedByForce(crash);
        this.ending.forced(crash);
        if (!Containers.stop(this.container, this.container::stopAbnormally) && this.ending.canAbandon()) {
            this.news.leftBehind();
            this.consumers.abandon();
        }
        lookAtStopped();
    }

    /**
     * Starts the container anew. What prevents it counts as a crash.
     * @return whether it was started
     */
    boolean start() {
        boolean started = false;
        this.plan.clear();
        this.listener.reset();
        try {
            this.container.start();
            this.ending.reset();
            this.run.begin();
            started = true;
        } catch (RuntimeException | Error ex) {
            crashed(Crash.notStarted(ex), true);
            this.ending.told();
            this.run.end();
            if (this.container.isRunning()) {
                Containers.quietly(() -> this.container.stopAbnormally(() -> {}));
            }
        }
        if (this.surroundings.closing() || this.supervised.suspended()) {
            Containers.quietly(this.container::stop);
        }
        return started;
    }

    /**
     * Stops the container on purpose.
     */
    void stop() {
        boolean running = this.container.isRunning();
        this.plan.clear();
        this.plan.pardon();
        if (running && !Containers.stop(this.container, this.container::stop)) {
            this.news.busy();
        }
        lookAtStopped();
    }

    /**
     * Will not be looked at any more.
     */
    void end() {
        this.plan.clear();
        this.plan.pardon();
    }
}
