package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.RetryStats;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Brings stored events back to Kafka. Runs by itself; this interface is for looking and for intervening.
 * <p>
 * Safe for use by several threads. Methods that ask the database throw
 * {@link org.springframework.dao.DataAccessException} when it cannot answer.
 */
public interface FailedEventRetryService {

    /**
     * Counts this application's rows.
     * @return rows present now
     */
    RetryStats getRetryStats();

    /**
     * Starts a pass over all due rows now instead of at the next {@code resilient-kafka.retry.interval}. Returns at
     * once. Does nothing while the circuit is open: Kafka is away.
     */
    void drainNow();

    /**
     * Makes a stored event due now, with its attempts back at zero, also while another than the first is being made (the
     * first counts, as there is nothing to put back); a dead-lettered one is sent to its topic again.
     * @param id the row's id
     * @return whether there is such an event
     */
    boolean retry(long id);

    /**
     * Deletes a stored event that Kafka has not taken: it is given up for ever, which is logged. One that a relay has read
     * already, while it drains a backlog, may still be sent.
     * @param id the row's id
     * @return whether there was such an event
     */
    boolean discard(long id);

    /**
     * Starts to replay the dead letters of a topic: the stored ones, unless the options name another source. The same as
     * {@link DeadLetterReplays#start}, which is there also where nothing is stored.
     * @param topic the topic that the events were meant for
     * @param options from where, which of them, how fast, or only to count
     * @return the job
     * @throws IllegalArgumentException if the topic is itself one for dead letters
     * @throws IllegalStateException if this instance is replaying that topic or four others already, or is stopping
     */
    ReplayJob replayDeadLetters(String topic, ReplayOptions options);

    /**
     * Returns the replays of this instance, newest first: those that run, and the last 20 that ended.
     * @return the jobs
     */
    List<ReplayJob> replayJobs();

    /**
     * Returns a replay of this instance.
     * @param id the job's id
     * @return the job, or empty if there is none, or none any more
     */
    Optional<ReplayJob> replayJob(UUID id);
}
