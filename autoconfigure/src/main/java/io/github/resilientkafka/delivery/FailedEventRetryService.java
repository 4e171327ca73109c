package io.github.resilientkafka.delivery;

import io.github.resilientkafka.store.RetryStats;

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
     * Makes a stored event due now, with its attempts back at zero; a dead-lettered one is sent to its topic again.
     * @param id the row's id
     * @return whether there is such an event
     */
    boolean retry(long id);

    /**
     * Deletes a stored event that Kafka has not taken: it is given up for ever, which is logged.
     * @param id the row's id
     * @return whether there was such an event
     */
    boolean discard(long id);
}
