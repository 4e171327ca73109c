package io.github.resilientkafka.delivery;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Sends dead letters to their topic again, as jobs. Also there where nothing is stored: dead-letter topics can be
 * replayed all the same.
 * <p>
 * Safe for use by several threads. No method waits for Kafka or a database.
 */
public interface DeadLetterReplays {

    /**
     * Starts to replay the dead letters of a topic. Returns at once; the job runs on a thread of its own, and logs its
     * progress every 10 seconds.
     * <p>
     * From {@link ReplaySource#STORE}: the rows of status DLQ, kept for 7 days after they were dead-lettered, are given
     * back to the relay. Each is replayed by one job, also where several instances replay the topic at once.
     * <p>
     * From {@link ReplaySource#TOPIC}: the records of the dead-letter topic, up to its end at the start of the job, are
     * published to the topic they were meant for, with their key, value and headers, and a header {@code rk_replays} that
     * says how often. One that was replayed {@code resilient-kafka.dlq.replay.max-failures} times goes to
     * {@code <topic>.parked} instead. The job begins where jobs before it have ended, in whatever way, in this instance
     * or another one; several at once share the partitions. At least once: a crash, and an outage of Kafka, may repeat a
     * chunk, which is 500 records at most. A job with a filter keeps its own progress, shared with those that have the
     * same filter: it begins where jobs without filter have come to, and these later replay what it took once more.
     * While Kafka is away the job waits. The copies in the dead-letter topic stay there.
     * <p>
     * Either way the records are late, as their keys have gone on without them; and every consumer group of the topic
     * sees them, whichever could not handle them.
     * @param topic the topic that the dead letters were meant for
     * @param options from where, which of them, how fast, or only to count
     * @return the job
     * @throws IllegalArgumentException if the topic is itself one for dead letters
     * @throws IllegalStateException if this instance is replaying that topic or four others already, or is stopping, or
     * stores nothing, and stored events are to be replayed
     */
    ReplayJob start(String topic, ReplayOptions options);

    /**
     * Returns the replays of this instance, newest first: those that run, and the last 20 that ended.
     * @return the jobs
     */
    List<ReplayJob> jobs();

    /**
     * Returns a replay of this instance.
     * @param id the job's id
     * @return the job, or empty if there is none, or none any more
     */
    Optional<ReplayJob> job(UUID id);
}
