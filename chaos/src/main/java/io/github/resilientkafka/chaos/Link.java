package io.github.resilientkafka.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The network between one application and one server: a TCP proxy that can be cut, slowed down, or made to swallow.
 */
final class Link implements AutoCloseable {

    private static final int CHUNK = 16 * 1024;

    private static final long SLOWNESS_MILLIS = 200;

    private final int serverPort;

    private final ServerSocket listening;

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "link");
        thread.setDaemon(true);
        return thread;
    });

    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private State state = State.FINE;

    enum State {
        FINE,
        /** Every connection is reset, as soon as it is made. */
        CUT,
        /** Whatever is sent takes 200 ms more, 16 KB at a time: 80 KB/s in each direction of a connection at most. */
        SLOW,
        /** What the application sends arrives; what the server answers does not. */
        HALF_OPEN,
        /** Connections are accepted, nothing arrives anywhere. */
        BLACK_HOLE
    }

    /** Opens a link to a port of this machine. */
    Link(int serverPort) {
        this.serverPort = serverPort;
        try {
            this.listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
        this.threads.execute(this::accept);
    }

    int port() {
        return this.listening.getLocalPort();
    }

    /** From now on. What was held back goes on its way when the link is fine again, unless it was cut. */
    synchronized void become(State state) {
        this.state = state;
        if (state == State.CUT) {
            this.sockets.forEach(Link::reset);
        }
        notifyAll();
    }

    private void accept() {
        while (true) {
            Socket application;
            try {
                application = this.listening.accept();
            } catch (IOException ex) {
                if (this.listening.isClosed()) {
                    return;
                }
                throw new UncheckedIOException("This link is of no use any more", ex);
            }
            connect(application);
        }
    }

    private void connect(Socket application) {
        Socket server;
        try {
            server = new Socket(InetAddress.getLoopbackAddress(), this.serverPort);
            application.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException ex) {
            // The server is away: the application sees a connection that ends.
            reset(application);
            return;
        }
        if (!admit(application, server)) {
            reset(application);
            reset(server);
        }
    }

    /** Returns whether the link is not cut. If it is later on, it finds these. */
    private synchronized boolean admit(Socket application, Socket server) {
        if (this.state == State.CUT) {
            return false;
        }
        this.sockets.add(application);
        this.sockets.add(server);
        this.threads.execute(() -> pump(application, server, false));
        this.threads.execute(() -> pump(server, application, true));
        return true;
    }

    private void pump(Socket from, Socket to, boolean answers) {
        try (from;
                to) {
            copy(from, to, answers);
        } catch (IOException ex) {
            // They could not be closed as if all was well: they are not there any more.
            reset(to);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        } finally {
            this.sockets.remove(from);
            this.sockets.remove(to);
        }
    }

    /** When one side ends the connection with an error, so does the other: before its socket is closed as if all was well. */
    private void copy(Socket from, Socket to, boolean answers) throws InterruptedException {
        byte[] chunk = new byte[CHUNK];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                awaitPassage(answers);
                out.write(chunk, 0, read);
            }
        } catch (IOException ex) {
            reset(from);
            reset(to);
        }
    }

    private void awaitPassage(boolean answers) throws InterruptedException {
        synchronized (this) {
            while (this.state == State.BLACK_HOLE || (this.state == State.HALF_OPEN && answers)) {
                wait();
            }
            if (this.state != State.SLOW) {
                return;
            }
        }
        Thread.sleep(SLOWNESS_MILLIS);
    }

    private static void reset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException ex) {
            // It is closed already.
            return;
        }
    }

    @Override
    public void close() {
        try {
            this.listening.close();
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        } finally {
            become(State.CUT);
            this.threads.shutdownNow();
        }
    }
}
