package io.github.resilientkafka.testing;

/**
 * A server that a test can take away and give back: what it does to a {@link LocalServer} is what production does to a
 * broker or a database.
 *
 * <p>The port and the data stay the same from the first start to the end, so clients reconnect and find what they left.
 * Every method may be called in any state and returns when its work is done; what is already so is left alone. All are
 * safe to call from any thread; while one thread changes a server's state, the others wait, but
 * {@link #state()} never does.
 *
 * <p>A server that is not closed ends with this JVM, even if that is killed, and its temporary data goes with it: a
 * watchdog process sees to it once the JVM is gone. So what shutdown hooks close, such as application contexts, still
 * finds its broker and its database.
 */
public interface LocalServer {

    /**
     * Makes the server run: launches it if it is stopped, thaws it if it is frozen. Returns when it serves requests.
     *
     * @throws IllegalStateException if the server exits or is not ready in time (60 seconds); the message quotes the
     *     end of its log
     */
    void start();

    /**
     * Stops the server as its operator would: it finishes what it does and tells its peers. A frozen one is thawed
     * first; one that takes more than 30 seconds is killed.
     */
    void stop();

    /** Kills the server and all its processes at once ({@code SIGKILL}), frozen or not: the crash. */
    void kill();

    /**
     * Halts the server and all its processes ({@code SIGSTOP}). It keeps its connections and the kernel accepts new
     * ones, but nobody answers: the stalled disk, the long garbage collection, the lost network.
     *
     * @throws IllegalStateException if the server is not running
     */
    void freeze();

    /** Lets a frozen server go on ({@code SIGCONT}). */
    void thaw();

    /** What the server is doing right now; one that has exited on its own is {@link State#STOPPED}. */
    State state();

    /** Whether the server is {@link State#RUNNING}. */
    default boolean isRunning() {
        return state() == State.RUNNING;
    }

    /** What a server may be doing. */
    enum State {
        /** It runs and is not frozen. */
        RUNNING,
        /** Its processes are there but halted. */
        FROZEN,
        /** It has no process. */
        STOPPED
    }
}
