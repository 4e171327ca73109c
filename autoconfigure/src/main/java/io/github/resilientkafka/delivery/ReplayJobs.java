package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.EventRules;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;

/**
 * The replays of this instance: one at a time for each topic, a thread each, a bounded number of ended ones kept. They
 * are cancelled when the application stops, before the relay is.
 */
final class ReplayJobs implements DeadLetterReplays, SmartLifecycle, DisposableBean {

    private static final Logger logger = LoggerFactory.getLogger(ReplayJobs.class);

    private static final int MAX_RUNNING = 4;

    private static final int MAX_ENDED = 20;

    /**
     * A little longer than the database, or Kafka, may take to answer.
     */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(12);

    static final int PHASE = Relay.PHASE + 1;

    private final @Nullable StoreReplayContext stored;

    private final TopicReplayContext topics;

    private volatile Runnable relayWakeUp = () -> {};

    private final Map<UUID, Replay> jobs = new LinkedHashMap<>();

    private final List<Thread> threads = new ArrayList<>();

    private int lastThread;

    private boolean running;

    private boolean destroyed;

    /**
     * Creates them.
     * @param stored where dead letters are stored, or null
     */
    ReplayJobs(@Nullable StoreReplayContext stored, TopicReplayContext topics) {
        this.stored = stored;
        this.topics = topics;
    }

    /**
     * Sets who is told when rows were given back.
     */
    void onRowsReplayed(Runnable relayWakeUp) {
        this.relayWakeUp = relayWakeUp;
    }

    @Override
    public synchronized Replay start(String topic, ReplayOptions options) {
        if (EventRules.brokenTopicRule(topic) != null
                || this.topics.deadLetters().isDeadLetterTopic(topic)) {
            throw new IllegalArgumentException("topic is '" + topic
                    + "'; name the topic that the events were meant for, not that of their dead letters");
        }
        if (!this.running) {
            throw new IllegalStateException("The application is stopping, or has not started yet");
        }
        List<Replay> active =
                this.jobs.values().stream().filter(Replay::isRunning).toList();
        for (Replay job : active) {
            if (job.topic().equals(topic)) {
                throw new IllegalStateException("Topic " + topic + " is being replayed already, by job " + job.id());
            }
        }
        if (active.size() >= MAX_RUNNING) {
            throw new IllegalStateException(MAX_RUNNING + " topics are being replayed already; that is the most");
        }
        Replay job = create(topic, options);
        Thread thread = new Thread(job, "resilient-kafka-replay-" + ++this.lastThread);
        thread.setDaemon(true);
        this.threads.removeIf(ended -> !ended.isAlive());
        this.threads.add(thread);
        forgetOldest();
        this.jobs.put(job.id(), job);
        thread.start();
        return job;
    }

    private Replay create(String topic, ReplayOptions options) {
        Clock clock = this.topics.clock();
        UUID id = EventIds.next(clock.millis());
        if (options.source() != ReplaySource.STORE) {
            return new TopicReplay(id, topic, options, this.topics);
        }
        StoreReplayContext stored = this.stored;
        if (stored == null) {
            throw new IllegalStateException(
                    "This application stores no events: dead letters are in their topic only, the source topic");
        }
        return new StoreReplay(id, topic, options, stored.rows(), stored.events(), clock, this.relayWakeUp);
    }

    private void forgetOldest() {
        List<UUID> ended = this.jobs.values().stream()
                .filter(job -> !job.isRunning())
                .map(Replay::id)
                .toList();
        ended.stream().limit(Math.max(0, ended.size() - MAX_ENDED + 1)).forEach(this.jobs::remove);
    }

    @Override
    public synchronized List<ReplayJob> jobs() {
        List<ReplayJob> newestFirst = new ArrayList<>();
        this.jobs.values().forEach(job -> newestFirst.add(0, job));
        return newestFirst;
    }

    @Override
    public synchronized Optional<ReplayJob> job(UUID id) {
        return Optional.ofNullable(this.jobs.get(id));
    }

    @Override
    public synchronized void start() {
        this.running = !this.destroyed;
    }

    /**
     * Cancels what runs, and waits for it: a chunk is a matter of milliseconds, or of a time-out.
     */
    @Override
    public void stop() {
        List<Thread> stopping;
        synchronized (this) {
            this.running = false;
            this.jobs.values().forEach(Replay::cancel);
            stopping = List.copyOf(this.threads);
            this.threads.clear();
        }
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        stopping.forEach(thread -> join(thread, deadline));
    }

    private static void join(Thread thread, long deadlineNanos) {
        try {
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime())));
            if (thread.isAlive()) {
                logger.warn("{} does not stop by itself and is interrupted", thread.getName());
                thread.interrupt();
            }
        } catch (InterruptedException ex) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void destroy() {
        stop();
        synchronized (this) {
            this.destroyed = true;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return this.running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
