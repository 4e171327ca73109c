package io.github.resilientkafka.supervisor;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Watches the application's listeners: one that stops by itself is started again after 1, 2, 4, 8, then up to 10 seconds, each
 * time less by chance, for ever. One that is stopped on purpose stays stopped.
 * <p>
 * A listener that has crashed and waits for its restart is stopped already: {@code container.stop()} then does nothing and
 * leaves no trace; {@link #suspend} is the way to keep it stopped. Thread-safe. Methods that take an id throw
 * {@link IllegalArgumentException} if there is no such listener.
 */
public interface ListenerSupervisor {

    /**
     * Returns all listeners that are looked after, as they are now. Asks no broker.
     * @return sorted by id
     */
    List<ListenerStatus> status();

    /**
     * Returns one listener as it is now.
     * @param id its id
     * @return its status, or empty if there is no such listener
     */
    Optional<ListenerStatus> status(String id);

    /**
     * Stops a listener, also one that waits for its restart, until it is resumed or restarted. Waits for its handler, at most
     * for the container's shutdown timeout. What was handled is committed.
     * @param id its id
     */
    void suspend(String id);

    /**
     * Starts a listener that was suspended or given up. Does nothing if it is running.
     * @param id its id
     */
    void resume(String id);

    /**
     * Stops a listener if it is running, and starts it, with new consumers. Waits for its handler as {@link #suspend} does.
     * @param id its id
     */
    void restart(String id);

    /**
     * Waits until a listener is ready.
     * @param id its id
     * @param timeout how long at most
     * @return whether it is; false also if the thread was interrupted, which it still is then
     */
    boolean awaitReady(String id, Duration timeout);
}
