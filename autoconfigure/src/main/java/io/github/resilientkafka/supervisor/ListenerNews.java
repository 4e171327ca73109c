package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.lifecycle.ListenerCrashed;
import io.github.resilientkafka.lifecycle.ListenerGaveUp;
import io.github.resilientkafka.lifecycle.ListenerRestarted;
import io.github.resilientkafka.lifecycle.ListenerStarted;
import io.github.resilientkafka.lifecycle.ListenerStopped;
import io.github.resilientkafka.supervisor.AccessCheck.Finding;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of one listener: application events, and the log.
 */
final class ListenerNews {

    private static final Logger logger = LoggerFactory.getLogger(ListenerSupervisor.class);

    private final String id;

    private final EventNotifier notifier;

    private final Clock clock;

    ListenerNews(String id, EventNotifier notifier, Clock clock) {
        this.id = id;
        this.notifier = notifier;
        this.clock = clock;
    }

    void started() {
        this.notifier.publish(new ListenerStarted(this.clock.instant(), this.id));
    }

    void stopped() {
        this.notifier.publish(new ListenerStopped(this.clock.instant(), this.id));
    }

    void crashed(Crash crash, boolean whole, int timesInARow, Instant now, Duration delay) {
        logger.error(
                "{} {} has stopped by itself ({} in a row) and is started again in {} ms: {}",
                whole ? "Listener" : "A consumer of listener",
                this.id,
                timesInARow,
                delay.toMillis(),
                crash.text());
        this.notifier.publish(new ListenerCrashed(now, this.id, crash.text(), now.plus(delay)));
    }

    void gaveUp(Crash crash, Instant now) {
        logger.error("Listener {} has stopped by itself and is not started again: {}", this.id, crash.text());
        this.notifier.publish(new ListenerCrashed(now, this.id, crash.text(), null));
        this.notifier.publish(new ListenerGaveUp(now, this.id, crash.text()));
    }

    void restarted(long restarts) {
        this.notifier.publish(new ListenerRestarted(this.clock.instant(), this.id, restarts));
    }

    void inVain(Finding finding) {
        logger.warn("Listener {} is given no records: {}", this.id, finding.text());
    }

    void waitsForGroup(Duration patience) {
        logger.warn(
                "Listener {} has not joined its group within {}, though nothing is wrong with Kafka or its access: another"
                        + " member of the group may be busy",
                this.id,
                patience);
    }

    void stoppedByForce(Crash crash) {
        logger.error("Listener {} is stopped by force: {}", this.id, crash.text());
    }

    void leftBehind() {
        logger.error(
                "Listener {} did not stop in time: its consumers are left behind. They are given no records any more.",
                this.id);
    }

    void leftAtWork() {
        logger.error(
                "Listener {} is started again beside a consumer of it that has crashed with it and is still at work: that"
                        + " one keeps its partitions until it is done, or was silent for max.poll.interval.ms",
                this.id);
    }

    void waitsForThread(Crash problem) {
        logger.error("Listener {} does not run, and starts as soon as it can: {}", this.id, problem.text());
    }

    void busy() {
        logger.warn("Listener {} has not stopped in time: its handler is busy", this.id);
    }
}
