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
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private @Nullable Thread thread;

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
        if (this.thread == null) {
            this.thread = new Thread(this::lookForEver, "resilient-kafka-lag");
            this.thread.setDaemon(true);
            this.thread.start();
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
        return (answer == null || isTooOld(answer)) ? ListenerLag.UNKNOWN : ListenerLag.of(answer.lags(), partitions);
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
        } catch (RuntimeException ex) {
            logger.warn("It was in vain to look how far listeners are behind", ex);
        }
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
            Set<TopicPartition> partitions = listener.assignedPartitions();
            Set<TopicPartition> before = this.seen.put(listener, partitions);
            if (round || before == null || !before.containsAll(partitions)) {
                ask(listener, partitions, questions);
            }
        }
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        for (Asked asked : questions) {
            await(asked, deadline);
        }
    }

    private void ask(ResilientListener listener, Set<TopicPartition> partitions, List<Asked> questions) {
        String group = listener.container().getGroupId();
        if (group == null || partitions.isEmpty()) {
            return;
        }
        try {
            Map<String, Object> settings = listener.consumerSettings();
            questions.add(new Asked(
                    listener, new LagQuestion(this.clients.forConsumer(settings), settings, group, partitions)));
        } catch (KafkaException | IllegalArgumentException | IllegalStateException ex) {
            failed(listener, ex);
        }
    }

    private void await(Asked asked, long deadline) throws InterruptedException {
        try {
            Map<TopicPartition, Double> lags = asked.question().await(deadline);
            this.answers.put(asked.listener(), new Answer(lags, System.nanoTime()));
            this.clients.answered(asked.listener().consumerSettings());
            if (this.failing.remove(asked.listener()) && this.failing.isEmpty()) {
                logger.info("Kafka says again how far listeners are behind");
            }
        } catch (ExecutionException | TimeoutException ex) {
            failed(asked.listener(), ex);
        }
    }

    private void failed(ResilientListener listener, Exception error) {
        if (this.failing.isEmpty()) {
            logger.warn("It is not known how far listener {} is behind: {}", listener.id(), error.toString());
        } else {
            logger.debug("It is not known how far listener {} is behind", listener.id(), error);
        }
        this.failing.add(listener);
    }

    @Override
    public synchronized void close() {
        this.closed = true;
        if (this.thread != null) {
            this.thread.interrupt();
        }
        this.clients.close();
    }
}
