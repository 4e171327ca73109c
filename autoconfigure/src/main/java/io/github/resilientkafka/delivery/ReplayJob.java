package io.github.resilientkafka.delivery;

import java.util.UUID;

/**
 * A replay of dead letters, running or ended. Thread-safe. Known to the instance that runs it only, and no longer than
 * that instance runs: what it has not replayed by then stays dead-lettered and can be replayed by another job, in any
 * instance.
 */
public interface ReplayJob {

    /**
     * Returns its id.
     * @return the id
     */
    UUID id();

    /**
     * Returns the topic that its dead letters were meant for, and go to.
     * @return the topic
     */
    String topic();

    /**
     * Returns what was asked for.
     * @return the options
     */
    ReplayOptions options();

    /**
     * Returns how far it has come.
     * @return the progress at this moment
     */
    ReplayProgress progress();

    /**
     * Ends it after the chunk it is at, of a quarter of a second or 500 rows at most; from a topic within a few seconds,
     * also while it waits for Kafka. What was replayed stays so.
     * Returns at once.
     * @return whether it was running
     */
    boolean cancel();
}
