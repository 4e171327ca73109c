package io.github.resilientkafka.delivery;

import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.store.DeadLetterRows;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;

/**
 * The replays of this instance: one at a time for each topic, a thread each, a bounded number of ended ones kept. They
 * are cancelled when the application stops, before the relay is.
 */
final class ReplayJobs implements SmartLifecycle, DisposableBean {

    private static final Logger logger = LoggerFactory.getLogger(ReplayJobs.class);

    private static final int MAX_RUNNING = 4;

    private static final int MAX_ENDED = 20;

    /**
     * A little longer than the database may take to answer.
     */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(12);

    private final DeadLetterRows rows;

    private final FailedEvents events;

    private final DeadLetters deadLetters;

    private final Clock clock;

    private final Map<UUID, Replay> jobs = new LinkedHashMap<>();

    private final List<Thread> threads = new ArrayList<>();

    private int lastThread;

    private boolean running;

    private boolean destroyed;

    ReplayJobs(DeadLetterRows rows, FailedEvents events, DeadLetters deadLetters, Clock clock) {
        this.rows = rows;
        this.events = events;
        this.deadLetters = deadLetters;
        this.clock = clock;
    }

    /**
     * Starts a replay.
     * @param relayWakeUp told that rows are due
     */
    synchronized ReplayJob start(String topic, ReplayOptions options, Runnable relayWakeUp) {
        if (topic.isBlank() || this.deadLetters.isDeadLetterTopic(topic)) {
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
        UUID id = EventIds.next(this.clock.millis());
        Replay job = new Replay(id, topic, options, this.rows, this.events, this.clock, relayWakeUp);
        Thread thread = new Thread(job, "resilient-kafka-replay-" + ++this.lastThread);
        thread.setDaemon(true);
        this.threads.removeIf(ended -> !ended.isAlive());
        this.threads.add(thread);
        forgetOldest();
        this.jobs.put(id, job);
        thread.start();
        return job;
    }

    private void forgetOldest() {
        List<UUID> ended = this.jobs.values().stream()
                .filter(job -> !job.isRunning())
                .map(Replay::id)
                .toList();
        ended.stream().limit(Math.max(0, ended.size() - MAX_ENDED + 1)).forEach(this.jobs::remove);
    }

    /**
     * Returns the jobs, newest first.
     */
    synchronized List<ReplayJob> all() {
        List<ReplayJob> newestFirst = new ArrayList<>();
        this.jobs.values().forEach(job -> newestFirst.add(0, job));
        return newestFirst;
    }

    synchronized Optional<ReplayJob> find(UUID id) {
        return Optional.ofNullable(this.jobs.get(id));
    }

    @Override
    public synchronized void start() {
        this.running = !this.destroyed;
    }

    /**
     * Cancels what runs, and waits for it: a chunk is a matter of milliseconds, or of the database's time-out.
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
        return Relay.PHASE + 1;
    }
}
