package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Knows how far listeners are behind. Kafka is asked every 10 seconds, and when partitions have come, by clients of our own
 * on a thread of our own: what a consumer says of itself stands still while its partitions are paused. What Kafka has not
 * said for 30 seconds is not known any more. Thread-safe. Internal.
 */
public final class LagWatch implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(LagWatch.class);

    private static final long TIMEOUT_NANOS = Duration.ofSeconds(5).toNanos();

    private static final int FORGET_AFTER_ROUNDS = 3;

    private final Duration askEvery;

    private final Duration lookEvery;

    private final Set<ResilientListener> listeners = ConcurrentHashMap.newKeySet();

    private final Map<ResilientListener, Answer> answers = new ConcurrentHashMap<>();

    /**
     * The partitions that were there at the last look. The watching thread's own.
     */
    private final Map<ResilientListener, Set<TopicPartition>> seen = new HashMap<>();

    /**
     * Those whose last question was in vain. The watching thread's own.
     */
    private final Set<ResilientListener> failing = new HashSet<>();

    private final LagClients clients = new LagClients();

    private volatile @Nullable Thread thread;

    private volatile boolean stumbled;

    private boolean closed;

    private long nextRoundNanos = System.nanoTime();

    private record Answer(Map<TopicPartition, Double> lags, long nanos) {}

    private record Asked(ResilientListener listener, LagQuestion question) {}

    LagWatch() {
        this(Duration.ofSeconds(10), Duration.ofSeconds(1));
    }

    /**
     * Creates a watch that does nothing yet.
     * @param askEvery how often Kafka is asked about everything
     * @param lookEvery how often it is looked whether partitions have come, which are then asked about at once
     */
    LagWatch(Duration askEvery, Duration lookEvery) {
        this.askEvery = askEvery;
        this.lookEvery = lookEvery;
    }

    /**
     * Watches a listener until the end, or until it is forgotten.
     * @param listener the listener
     */
    public synchronized void watch(ResilientListener listener) {
        if (this.closed) {
            return;
        }
        this.listeners.add(listener);
        beginUnlessAtWork();
    }

    /**
     * Also begins again: there may have been no thread to be had, or an error may have ended it.
     */
    private void beginUnlessAtWork() {
        Thread current = this.thread;
        if (current != null && current.isAlive()) {
            return;
        }
        synchronized (this) {
            if (!this.closed && this.thread == current) {
                begin();
            }
        }
    }

    private void begin() {
        try {
            Thread next = new Thread(this::lookForEver, "resilient-kafka-lag");
            next.setDaemon(true);
            next.start();
            this.thread = next;
        } catch (Error ex) {
            stumbled(ex);
        }
    }

    /**
     * Watches a listener no longer.
     * @param listener the listener
     */
    public void forget(ResilientListener listener) {
        this.listeners.remove(listener);
    }

    /**
     * Returns how far a listener is behind, as Kafka has last said. Never blocks.
     * @param listener a listener that is watched
     * @return its lag: zero without partitions, NaN while it does not run or the lag of one of its partitions is not known
     */
    public ListenerLag lag(ResilientListener listener) {
        Set<TopicPartition> partitions = listener.assignedPartitions();
        if (partitions.isEmpty()) {
            return (listener.joined() && listener.container().isRunning()) ? ListenerLag.NONE : ListenerLag.UNKNOWN;
        }
        Answer answer = this.answers.get(listener);
        if (answer == null || isTooOld(answer)) {
            beginUnlessAtWork();
            return ListenerLag.UNKNOWN;
        }
        return ListenerLag.of(answer.lags(), partitions);
    }

    private boolean isTooOld(Answer answer) {
        return System.nanoTime() - answer.nanos() > this.askEvery.toNanos() * FORGET_AFTER_ROUNDS;
    }

    private void lookForEver() {
        try {
            while (true) {
                lookAgain();
                TimeUnit.MILLISECONDS.sleep(this.lookEvery.toMillis());
            }
        } catch (InterruptedException ex) {
            logger.debug("Listeners' lag is not watched any more");
        }
    }

    private void lookAgain() throws InterruptedException {
        try {
            look();
        } catch (RuntimeException | Error ex) {
            stumbled(ex);
        }
    }

    private void stumbled(Throwable error) {
        logger.atLevel(this.stumbled ? Level.DEBUG : Level.WARN)
                .setCause(error)
                .log("It was in vain to look how far listeners are behind");
        this.stumbled = true;
    }

    private void look() throws InterruptedException {
        boolean round = System.nanoTime() - this.nextRoundNanos >= 0;
        if (round) {
            this.nextRoundNanos = System.nanoTime() + this.askEvery.toNanos();
        }
        List<Asked> questions = new ArrayList<>();
        this.seen.keySet().retainAll(this.listeners);
        this.failing.retainAll(this.listeners);
        this.answers.keySet().retainAll(this.listeners);
        for (ResilientListener listener : this.listeners) {
            try {
                Set<TopicPartition> partitions = listener.assignedPartitions();
                Set<TopicPartition> before = this.seen.put(listener, partitions);
                if (round || before == null || !before.containsAll(partitions)) {
                    ask(listener, partitions, questions);
                }
            } catch (RuntimeException | Error ex) {
                // Also an Error, a class that is missing for its login for instance: it is no fault of the others'.
                failed(listener, ex);
            }
        }
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        for (Asked asked : questions) {
            await(asked, deadline);
        }
        if (round) {
            this.stumbled = false;
        }
    }

    private void ask(ResilientListener listener, Set<TopicPartition> partitions, List<Asked> questions) {
        String group = listener.container().getGroupId();
        if (group == null || partitions.isEmpty()) {
            return;
        }
        Map<String, Object> settings = listener.consumerSettings();
        questions.add(
                new Asked(listener, new LagQuestion(this.clients.forConsumer(settings), settings, group, partitions)));
    }

    private void await(Asked asked, long deadline) throws InterruptedException {
        try {
            Map<TopicPartition, Double> lags = asked.question().await(deadline);
            this.answers.put(asked.listener(), new Answer(lags, System.nanoTime()));
            this.clients.answered(asked.listener().consumerSettings());
            if (this.failing.remove(asked.listener()) && this.failing.isEmpty()) {
                logger.info("Kafka says again how far listeners are behind");
            }
        } catch (ExecutionException | TimeoutException | RuntimeException | Error ex) {
            failed(asked.listener(), ex);
        }
    }

    private void failed(ResilientListener listener, Throwable error) {
        if (this.failing.isEmpty()) {
            logger.warn("It is not known how far listener {} is behind: {}", listener.id(), error.toString());
        } else {
            logger.debug("It is not known how far listener {} is behind", listener.id(), error);
        }
        this.failing.add(listener);
    }

    @Override
    public void close() {
        synchronized (this) {
            this.closed = true;
            if (this.thread != null) {
                this.thread.interrupt();
            }
        }
        this.clients.close();
    }
}
