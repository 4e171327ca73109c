package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.message.ConfigurationException;
import io.github.resilientkafka.supervisor.AccessCheck.Finding;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the application's start fail when one of its listeners cannot run.
 */
final class StartGate {

    private static final Logger logger = LoggerFactory.getLogger(ListenerSupervisor.class);

    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration CHECK_AGAIN = Duration.ofSeconds(1);

    private static final long POLL_MILLIS = 20;

    private final Duration timeout;

    StartGate(Duration timeout) {
        this.timeout = timeout;
    }

    /**
     * Waits until all listeners that were started are ready.
     * @throws ConfigurationException if one cannot be
     */
    void await(Iterable<SupervisedListener> listeners) {
        long deadline = System.nanoTime() + this.timeout.toNanos();
        try {
            for (SupervisedListener listener : listeners) {
                if (listener.hasRun() || listener.listener().container().isRunning()) {
                    await(listener, deadline);
                }
            }
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private void await(SupervisedListener listener, long deadline) throws InterruptedException {
        long nextCheck = System.nanoTime() + CHECK_AGAIN.toNanos();
        StatusOf status = new StatusOf(listener);
        while (System.nanoTime() - deadline < 0) {
            Crash crash = listener.history().lastCrash();
            if (crash != null && crash.preventsStart()) {
                throw cannotRun(listener, find(listener), crash);
            }
            if (status.ready()) {
                requireTopics(listener);
                return;
            }
            if (System.nanoTime() - nextCheck > 0) {
                requireNothingPermanent(listener, find(listener));
                nextCheck = System.nanoTime() + CHECK_AGAIN.toNanos();
            }
            Thread.sleep(POLL_MILLIS);
        }
        Finding finding = find(listener);
        if (finding != null) {
            throw cannotRun(listener, finding, null);
        }
        logger.warn(
                "Listener {} has not joined its group within {}, though nothing is wrong with Kafka or its access: another"
                        + " member of the group may be busy. The application starts without it.",
                listener.listener().id(),
                this.timeout);
    }

    /**
     * Who joins a group for a topic that does not exist is a standby. A topic that is made by our asking for it gets a moment.
     */
    private static void requireTopics(SupervisedListener listener) throws InterruptedException {
        if (find(listener) != null) {
            Thread.sleep(CHECK_AGAIN.toMillis());
            requireNothingPermanent(listener, find(listener));
        }
    }

    private static @Nullable Finding find(SupervisedListener listener) {
        return new AccessCheck(listener.listener(), CHECK_TIMEOUT).find();
    }

    private static void requireNothingPermanent(SupervisedListener listener, @Nullable Finding finding) {
        if (finding != null && finding.permanent()) {
            throw cannotRun(listener, finding, null);
        }
    }

    private static ConfigurationException cannotRun(
            SupervisedListener listener, @Nullable Finding finding, @Nullable Crash crash) {
        String subject = "listener " + listener.listener().id();
        if (finding != null) {
            return new ConfigurationException(
                    subject,
                    finding.problem(),
                    finding.cure() + " To start without it, set resilient-kafka.listener.fail-fast=false.");
        }
        return new ConfigurationException(
                subject,
                (crash == null) ? "it does not start" : crash.text(),
                "See the log for what Kafka's client said. To start without it, set"
                        + " resilient-kafka.listener.fail-fast=false.");
    }
}
