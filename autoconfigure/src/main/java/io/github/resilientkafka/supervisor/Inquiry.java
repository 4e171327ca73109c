package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import io.github.resilientkafka.supervisor.AccessCheck.Finding;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out why a listener does not run, or is given nothing, where the container does not say so. Asks Kafka, for a few
 * seconds at most.
 */
final class Inquiry {

    private static final Logger logger = LoggerFactory.getLogger(Inquiry.class);

    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    /**
     * How long a listener may be without partitions until it is seen whether there is a reason.
     */
    private static final Duration STANDBY = Duration.ofSeconds(5);

    private final SupervisedListener supervised;

    private final ResilientListener listener;

    private final Surroundings surroundings;

    private final ListenerNews news;

    private volatile boolean done;

    Inquiry(SupervisedListener supervised, Surroundings surroundings, ListenerNews news) {
        this.supervised = supervised;
        this.listener = supervised.listener();
        this.surroundings = surroundings;
        this.news = news;
    }

    /**
     * The listener is started.
     */
    void begin() {
        this.done = false;
    }

    /**
     * One that does not join its group, or gets no partitions there, may be in vain: tells why, once after each start.
     */
    void lookAtStart(Progress sinceStart) {
        // Who has given itself its partitions is not told whether they exist.
        boolean joined = this.listener.joined()
                && Containers.assigned(this.listener.container().getContainerProperties())
                        .isEmpty();
        Duration patience = joined ? STANDBY : this.surroundings.properties().startTimeout();
        if (this.done || !sinceStart.isOlderThan(patience)) {
            return;
        }
        this.done = true;
        if (joined && !this.listener.partitions().isEmpty()) {
            return;
        }
        // Aside, as an operator may want to suspend it meanwhile.
        this.surroundings.aside(() -> ask(joined, patience));
    }

    private void ask(boolean joined, Duration patience) {
        Finding finding = new AccessCheck(this.listener, TIMEOUT).find();
        if (!this.listener.container().isRunning()) {
            return;
        }
        if (finding != null) {
            this.supervised
                    .history()
                    .problem(finding.text(), this.surroundings.clock().instant());
            this.news.inVain(finding);
        } else if (!joined && !new StatusOf(this.supervised).ready()) {
            this.news.waitsForGroup(patience);
        }
    }

    /**
     * Says more about a crash where its kind alone says little.
     */
    Crash explain(Crash crash) {
        if (crash.kind() != Crash.Kind.ACCESS) {
            return crash;
        }
        try {
            Finding finding = new AccessCheck(this.listener, TIMEOUT).find();
            return (finding == null) ? crash : crash.because(finding.text());
        } catch (RuntimeException | Error ex) {
            logger.debug("Listener {}: its crash is not explained", this.listener.id(), ex);
            return crash;
        }
    }
}
