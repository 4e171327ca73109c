package io.github.resilientkafka.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server through all its runs: the one implementation of what a test may do to a process. */
final class ManagedServer implements LocalServer {

    static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    private static final int TAIL = 4_000;

    private final ServerPlan plan;
    private final List<ManagedServer> needed;
    private volatile @Nullable ServerProcess process;
    private volatile boolean frozen;
    private boolean closed;

    /**
     * Creates a server that has not been launched.
     *
     * @param needed the servers without which this one cannot start; they are launched with it
     */
    ManagedServer(ServerPlan plan, List<ManagedServer> needed) {
        this.plan = plan;
        this.needed = needed;
    }

    @Override
    public void start() {
        if (launch()) {
            awaitReady();
        }
    }

    /** Launches or thaws the server if need be, without waiting for it, and says whether there was a need. */
    synchronized boolean launch() {
        if (closed) {
            throw new IllegalStateException(plan.name() + " is closed");
        }
        needed.forEach(ManagedServer::launch);
        switch (state()) {
            case RUNNING -> {
                return false;
            }
            case FROZEN -> thaw();
            case STOPPED -> {
                ServerProcess previous = process;
                process = ServerProcess.launch(
                        plan.name(),
                        plan.command(),
                        plan.log(),
                        plan.temporary() ? plan.directory() : null,
                        plan.farewell());
                if (previous != null) {
                    previous.release();
                }
            }
        }
        return true;
    }

    /** Waits until the server serves requests; one that does not in time is killed. */
    synchronized void awaitReady() {
        needed.forEach(ManagedServer::awaitReady);
        ServerProcess current = process;
        if (current != null && plan.readiness().await(current::isAlive, plan.startTimeout())) {
            return;
        }
        boolean exited = current == null || !current.isAlive();
        String tail = logTail();
        kill();
        throw new IllegalStateException("%s %s; its log ends with:%n%s"
                .formatted(
                        plan.name(),
                        exited
                                ? "exited while starting"
                                : "was not ready within " + plan.startTimeout().toSeconds() + " s",
                        tail));
    }

    @Override
    public void stop() {
        requestStop();
        awaitStopped();
    }

    /** Asks the server to stop, without waiting for it. */
    synchronized void requestStop() {
        thaw();
        ServerProcess current = process;
        if (current != null && current.isAlive()) {
            current.signal(plan.stop());
        }
    }

    /** Waits for a server that was asked to stop; one that does not in time is killed. */
    synchronized void awaitStopped() {
        ServerProcess current = process;
        if (current != null && !current.awaitExit(STOP_TIMEOUT)) {
            kill();
        }
    }

    @Override
    public synchronized void kill() {
        ServerProcess current = process;
        if (current != null && current.isAlive()) {
            current.kill();
        }
        frozen = false;
    }

    @Override
    public synchronized void freeze() {
        ServerProcess current = process;
        switch (state()) {
            case STOPPED -> throw new IllegalStateException(plan.name() + " is not running");
            case FROZEN -> {}
            case RUNNING -> {
                if (current != null) {
                    current.freeze();
                    frozen = true;
                }
            }
        }
    }

    @Override
    public synchronized void thaw() {
        ServerProcess current = process;
        if (current != null && frozen && current.isAlive()) {
            current.thaw();
        }
        frozen = false;
    }

    @Override
    public State state() {
        ServerProcess current = process;
        if (current == null || !current.isAlive()) {
            return State.STOPPED;
        }
        return frozen ? State.FROZEN : State.RUNNING;
    }

    /** Ends the server for good and, if it is temporary, deletes its directory. */
    synchronized void close() {
        closed = true;
        ServerProcess current = process;
        process = null;
        if (current != null) {
            current.finish();
            current.release();
        }
        if (plan.temporary()) {
            Directories.delete(plan.directory());
        }
    }

    private String logTail() {
        try (RandomAccessFile log = new RandomAccessFile(plan.log().toFile(), "r")) {
            log.seek(Math.max(0, log.length() - TAIL));
            byte[] tail = new byte[(int) (log.length() - log.getFilePointer())];
            log.readFully(tail);
            return new String(tail, StandardCharsets.UTF_8);
        } catch (IOException ex) {
            return "(no log: " + ex.getMessage() + ")";
        }
    }
}
