package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplaySender.KafkaAwayException;
import io.github.resilientkafka.delivery.TopicReplayChunk.Counts;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replay of a dead-letter topic, up to where it ended when the job started. Chunk by chunk: read, publish, wait until all
 * of it is durable, commit; so whatever ends the job, at most a chunk for each partition is sent again by the next one.
 * While Kafka is away there is no consumer; the job waits, and joins its group anew.
 */
final class TopicReplay extends Replay {

    private static final Logger logger = LoggerFactory.getLogger(TopicReplay.class);

    private static final int CHUNK = 500;

    private static final int COUNT_CHUNK = 5_000;

    private static final Duration POLL = Duration.ofMillis(100);

    private static final Duration LOOK_AROUND = Duration.ofMillis(500);

    private static final Duration SUSPICIOUS_SILENCE = Duration.ofSeconds(2);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private static final Duration WARN_INTERVAL = Duration.ofMinutes(1);

    private final TopicReplayContext context;

    private final ReplayRoute route;

    private final TopicReplayChunk chunk;

    private @Nullable ReplayRange range;

    private boolean rewound;

    private Duration pause = FIRST_PAUSE;

    private long nextWarnNanos = System.nanoTime();

    private long startNanos;

    TopicReplay(UUID id, String topic, ReplayOptions options, TopicReplayContext context) {
        super(id, topic, options, context.clock());
        this.context = context;
        this.route = context.route(topic, options);
        this.chunk = new TopicReplayChunk(
                context,
                this.route,
                options,
                new ReplaySender(context.publisher(), context.circuit(), context.clock(), this));
    }

    @Override
    boolean work() throws InterruptedException {
        this.startNanos = System.nanoTime();
        while (!isStopped()) {
            try {
                return options().dryRun() ? count() : replay();
            } catch (InterruptException ex) {
                throw (InterruptedException) new InterruptedException().initCause(ex);
            } catch (CommitFailedException ex) {
                logger.info("Replay {} shares {} anew: {}", id(), this.route.source(), ex.getMessage());
            } catch (AuthenticationException | AuthorizationException ex) {
                throw new ReplayRefusedException(ex.toString(), ex);
            } catch (KafkaException | KafkaAwayException ex) {
                awaitKafka(ex);
            }
        }
        return false;
    }

    private boolean replay() throws InterruptedException {
        if (this.context.circuit().isOpen()) {
            throw new KafkaAwayException("The circuit is open");
        }
        try (DeadLetterReader reader = reader(chunk(CHUNK))) {
            rewind(reader);
            reader.join();
            Idleness idleness = new Idleness();
            while (pace()) {
                List<TopicDeadLetter> letters = reader.poll(POLL);
                if (reader.hasJoined()) {
                    tally().goingOn();
                }
                if (!letters.isEmpty()) {
                    Counts counts = this.chunk.replay(letters, reader, tally());
                    if (counts == null) {
                        return false;
                    }
                    reader.commit();
                    noteDone(letters, counts, reader);
                    idleness = new Idleness();
                    if (tally().found() >= options().limit()) {
                        return true;
                    }
                } else if (idleness.isOver(reader)) {
                    reader.commit();
                    tally().left(reader.left());
                    return true;
                }
                logNowAndThen();
            }
            return false;
        }
    }

    private void noteDone(List<TopicDeadLetter> letters, Counts counts, DeadLetterReader reader) {
        this.chunk.forget(letters);
        this.pause = FIRST_PAUSE;
        tally().seen(counts.found(), counts.parked(), counts.skipped());
        tally().sent(counts.replayed(), Duration.ofNanos(System.nanoTime() - this.startNanos));
        tally().left(reader.left());
        if (counts.replayed() > 0) {
            this.context.observer().replayed(counts.replayed());
        }
        if (counts.parked() > 0) {
            this.context.observer().parked(counts.parked());
        }
        paid(counts.replayed() + counts.parked());
    }

    private boolean count() throws InterruptedException {
        tally().restart();
        try (DeadLetterReader reader = reader(COUNT_CHUNK)) {
            reader.look(options().fromBeginning());
            tally().goingOn();
            Idleness idleness = new Idleness();
            while (!isStopped()) {
                List<TopicDeadLetter> letters = reader.poll(POLL);
                if (!letters.isEmpty()) {
                    Counts counts = this.chunk.count(letters, tally());
                    tally().seen(counts.found(), counts.parked(), counts.skipped());
                    tally().left(reader.left());
                    idleness = new Idleness();
                }
                reader.pauseAtEnd();
                if (tally().found() >= options().limit() || idleness.isOver(reader)) {
                    tally().left(reader.left());
                    return true;
                }
                logNowAndThen();
            }
            return false;
        }
    }

    private DeadLetterReader reader(int maxRecords) {
        ReplayRange range = this.range;
        if (range == null) {
            range = this.context.consumers().range(this.route);
            this.range = range;
            if (range.committed().isEmpty() && !range.nonEmpty().isEmpty()) {
                logger.info(
                        "Replay {}: no progress of {} is known; it begins at the beginning", id(), this.route.group());
            }
        }
        return new DeadLetterReader(
                this.context.consumers().create(this.route.ownGroup(), maxRecords),
                this.route,
                range,
                ReplayConsumers.TIMEOUT);
    }

    private void rewind(DeadLetterReader reader) {
        if (!options().fromBeginning() || this.rewound) {
            return;
        }
        try {
            reader.rewind();
            this.rewound = true;
        } catch (CommitFailedException ex) {
            throw new ReplayRefusedException(
                    "Another instance replays " + this.route.source()
                            + " now: it can be started from the beginning when that has ended",
                    ex);
        }
    }

    /**
     * Waits until Kafka answers, or the job is told to stop. The more often in vain, the longer.
     */
    private void awaitKafka(RuntimeException error) throws InterruptedException {
        tally().waiting(error.toString());
        if (System.nanoTime() - this.nextWarnNanos >= 0) {
            this.nextWarnNanos = System.nanoTime() + WARN_INTERVAL.toNanos();
            logger.warn("Replay {} of the dead letters of {} waits for Kafka: {}", id(), topic(), error.toString());
        }
        do {
            if (awaitStop(this.pause)) {
                return;
            }
            Duration longer = this.pause.multipliedBy(2);
            this.pause = (longer.compareTo(LONGEST_PAUSE) < 0) ? longer : LONGEST_PAUSE;
        } while (!isKafkaThere());
    }

    private boolean isKafkaThere() {
        if (this.context.circuit().isOpen()) {
            return false;
        }
        try {
            this.context.probe().connect(ReplayConsumers.TIMEOUT);
            return true;
        } catch (KafkaException ex) {
            tally().waiting(ex.toString());
            return false;
        }
    }

    /**
     * A time without records: whether there are no more, or none can be had.
     */
    private final class Idleness {

        private long nextLookNanos = System.nanoTime();

        private long nextDoubtNanos = System.nanoTime() + SUSPICIOUS_SILENCE.toNanos();

        boolean isOver(DeadLetterReader reader) {
            long now = System.nanoTime();
            if (reader.hasJoined() && reader.isAtEnd() && now - this.nextLookNanos >= 0) {
                this.nextLookNanos = now + LOOK_AROUND.toNanos();
                if (reader.areOthersAtEnd()) {
                    return true;
                }
                tally().left(reader.left());
            }
            if (now - this.nextDoubtNanos >= 0) {
                this.nextDoubtNanos = now + SUSPICIOUS_SILENCE.toNanos();
                TopicReplay.this.context.probe().connect(ReplayConsumers.TIMEOUT);
                if (!reader.exists(TopicReplay.this.route.source())) {
                    throw new ReplayRefusedException("The topic " + TopicReplay.this.route.source() + " is gone", null);
                }
            }
            return false;
        }
    }
}
