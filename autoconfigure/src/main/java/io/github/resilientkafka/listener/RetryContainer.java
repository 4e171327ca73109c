package io.github.resilientkafka.listener;

import io.github.resilientkafka.publisher.DeadLetters.Presence;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * The container that reads a listener's retry topics. It starts with the listener's own, once its topics are there: a
 * consumer of a topic that is missing would complain all the time. Stops, pauses and resumes with it. A crash is nobody's
 * business here: whoever restarts listeners restarts this one, too.
 */
final class RetryContainer {

    private static final Logger logger = LoggerFactory.getLogger(RetryContainer.class);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

    private final AbstractMessageListenerContainer<?, ?> main;

    private final AbstractMessageListenerContainer<?, ?> retry;

    private final List<String> sources;

    private final Function<String, Presence> presenceFor;

    private final Runnable atFirstStart;

    private final ListenerThreads threads;

    private final ListenerQueue queue;

    private boolean mainRan;

    private boolean mainWasPaused;

    private boolean complained;

    private volatile boolean wanted;

    /**
     * Creates it.
     * @param main the listener's container
     * @param retry the one for its retry topics
     * @param sources the listener's topics
     * @param presenceFor makes the retry topic of a topic if that can be done, and returns whether it is there; says so
     * itself if Kafka does not answer
     * @param atFirstStart told before each start
     */
    RetryContainer(
            AbstractMessageListenerContainer<?, ?> main,
            AbstractMessageListenerContainer<?, ?> retry,
            List<String> sources,
            Function<String, Presence> presenceFor,
            Runnable atFirstStart,
            ListenerThreads threads) {
        this.main = main;
        this.retry = retry;
        this.sources = sources;
        this.presenceFor = presenceFor;
        this.atFirstStart = atFirstStart;
        this.threads = threads;
        this.queue = threads.queueFor(retry.getListenerId());
    }

    /**
     * Does what the listener's container did since the last look.
     */
    synchronized void follow() {
        boolean runs = this.main.isRunning();
        if (runs && !this.mainRan) {
            this.mainRan = true;
            this.wanted = true;
            startSoon();
        } else if (!runs && (this.mainRan || this.retry.isRunning())) {
            stop(() -> {});
        }
        boolean paused = this.main.isPauseRequested();
        if (paused && !this.mainWasPaused) {
            this.retry.pause();
        } else if (!paused && this.mainWasPaused) {
            this.retry.resume();
        }
        this.mainWasPaused = paused;
    }

    private void startSoon() {
        this.queue.execute(this::startIfTopicsAreThere);
    }

    private void startIfTopicsAreThere() {
        if (!this.wanted || this.retry.isRunning()) {
            return;
        }
        Map<Presence, List<String>> sourcesBy = this.sources.stream().collect(Collectors.groupingBy(this.presenceFor));
        List<String> missing = sourcesBy.getOrDefault(Presence.MISSING, List.of());
        if (!missing.isEmpty() && !this.complained) {
            this.complained = true;
            logger.warn(
                    "Listener {}: the retry topics of {} are missing; nothing can be tried again until they are there",
                    this.main.getListenerId(),
                    missing);
        }
        if (missing.isEmpty() && !sourcesBy.containsKey(Presence.UNKNOWN)) {
            start();
        } else {
            this.threads.schedule(LOOK_AGAIN, this::startSoon);
        }
    }

    private void start() {
        try {
            this.complained = false;
            this.atFirstStart.run();
            this.retry.start();
        } catch (RuntimeException ex) {
            logger.error("Listener {} cannot be started", this.retry.getListenerId(), ex);
            this.threads.schedule(LOOK_AGAIN, this::startSoon);
        }
        if (!this.wanted) {
            this.retry.stop(() -> {});
        }
    }

    synchronized void stop(Runnable callback) {
        this.mainRan = false;
        this.wanted = false;
        this.retry.stop(callback);
    }
}
