package io.github.resilientkafka.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Ports on the loopback interface. */
final class LocalPort {

    static final String HOST = "127.0.0.1";
    private static final int SPAN = 12_000;
    private static final int LOWEST = 1_100;
    private static final Set<Integer> GIVEN = new HashSet<>();

    private LocalPort() {}

    /**
     * Finds a free port that this JVM has not been given before. It lies below the range from which the kernel serves
     * outgoing connections, so that nobody takes it by chance while its server is stopped.
     */
    static synchronized int find() {
        int end = firstEphemeral();
        int start = Math.max(LOWEST, end - SPAN);
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = start < end ? ThreadLocalRandom.current().nextInt(start, end) : 0;
            int bound = bind(port);
            if (bound > 0 && GIVEN.add(bound)) {
                return bound;
            }
        }
        throw new IllegalStateException("Found no free port on " + HOST);
    }

    /** Whether somebody accepts connections on a port. */
    static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(HOST), port), 1_000);
            return true;
        } catch (IOException ex) {
            return false;
        }
    }

    private static int bind(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(false);
            socket.bind(new InetSocketAddress(port));
            return socket.getLocalPort();
        } catch (IOException ex) {
            return -1;
        }
    }

    private static int firstEphemeral() {
        // Such a file has to be read at once; Files.readString begins with a single byte.
        try (BufferedReader range = Files.newBufferedReader(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))) {
            return Integer.parseInt(range.readLine().trim().split("\\s+")[0]);
        } catch (IOException ex) {
            return 32_768;
        }
    }
}
