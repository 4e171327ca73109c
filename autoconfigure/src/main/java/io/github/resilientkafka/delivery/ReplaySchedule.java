package io.github.resilientkafka.delivery;

import io.github.resilientkafka.lifecycle.CarefulLog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.support.CronExpression;

/**
 * Replays dead-letter topics by cron, one after the other, on a thread of its own. A run that takes longer than until the
 * next moment of the schedule is not overtaken: that moment passes. Other instances may do the same at the same time, as
 * their jobs share the work.
 */
final class ReplaySchedule implements SmartLifecycle, DisposableBean, Runnable {

    private static final Logger logger = LoggerFactory.getLogger(ReplaySchedule.class);

    /**
     * Kafka forgets the progress of a group that nobody was in for a week.
     */
    private static final Duration KEEP_ALIVE = Duration.ofDays(1);

    private static final Duration LOOK = Duration.ofMillis(200);

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private final TopicReplayContext context;

    private final ReplayJobs jobs;

    private final ReplayTopics topics;

    private final Clock clock;

    private final Map<String, Instant> lastJobs = new HashMap<>();

    private volatile CountDownLatch stop = new CountDownLatch(0);

    private volatile @Nullable Thread thread;

    ReplaySchedule(TopicReplayContext context, ReplayJobs jobs, ReplayTopics topics) {
        this.context = context;
        this.jobs = jobs;
        this.topics = topics;
        this.clock = context.clock();
    }

    @Override
    public void run() {
        CronExpression schedule = this.context.properties().schedule();
        try {
            while (schedule != null) {
                ZonedDateTime now = this.clock.instant().atZone(ZoneId.systemDefault());
                ZonedDateTime next = schedule.next(now);
                if (next == null) {
                    logger.warn("resilient-kafka.dlq.replay.cron names no moment after {}", now);
                    return;
                }
                // A moment later rather than earlier: it would be the next moment once more.
                if (this.stop.await(Duration.between(now, next).toMillis() + 1, TimeUnit.MILLISECONDS)) {
                    return;
                }
                replayAll();
            }
        } catch (InterruptedException ex) {
            logger.warn("Dead letters are no longer replayed by cron: the thread was interrupted");
        }
    }

    private void replayAll() throws InterruptedException {
        if (this.context.circuit().isOpen()) {
            logger.debug("No replay by cron: Kafka is away");
            return;
        }
        try {
            for (String topic : this.topics.withDeadLetters()) {
                if (isStopped()) {
                    return;
                }
                replay(topic);
            }
        } catch (KafkaException | ReplayRefusedException | IllegalStateException ex) {
            if (!isStopped()) {
                logger.warn("Replay by cron: tried again at the next moment of the schedule: {}", ex.toString());
            }
        } catch (RuntimeException | Error ex) {
            CarefulLog.error(logger, "Replay by cron failed; it is tried again at the next moment of the schedule", ex);
        }
    }

    private void replay(String topic) throws InterruptedException {
        ReplayOptions options = ReplayOptions.fromTopic();
        Instant now = this.clock.instant();
        boolean due = this.lastJobs.getOrDefault(topic, Instant.MIN).isBefore(now.minus(KEEP_ALIVE));
        if (due
                || this.context
                                .consumers()
                                .range(this.context.route(topic, options))
                                .left()
                        > 0) {
            Replay job = this.jobs.start(topic, options);
            while (!job.awaitEnd(LOOK)) {
                if (isStopped()) {
                    return;
                }
            }
            this.lastJobs.put(topic, now);
        }
    }

    private boolean isStopped() {
        return this.stop.getCount() == 0;
    }

    @Override
    public boolean isAutoStartup() {
        return this.context.properties().schedule() != null;
    }

    @Override
    public synchronized void start() {
        if (this.thread == null) {
            this.stop = new CountDownLatch(1);
            Thread thread = new Thread(this, "resilient-kafka-replay-cron");
            thread.setDaemon(true);
            this.thread = thread;
            thread.start();
        }
    }

    /**
     * Its job, if there is one, is cancelled by {@link ReplayJobs}.
     */
    @Override
    public synchronized void stop() {
        Thread stopping = this.thread;
        this.thread = null;
        this.stop.countDown();
        if (stopping != null) {
            try {
                stopping.join(STOP_TIMEOUT.toMillis());
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void destroy() {
        stop();
    }

    @Override
    public boolean isRunning() {
        return this.thread != null;
    }

    @Override
    public int getPhase() {
        return ReplayJobs.PHASE + 1;
    }
}
