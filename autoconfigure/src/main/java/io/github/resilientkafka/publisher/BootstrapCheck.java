package io.github.resilientkafka.publisher;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks Kafka's addresses what Kafka's own client says in its log only, if at all: whether anything listens, and whether it
 * speaks TLS. Without a word in the log: the client writes several lines a second about a broker that refuses
 * connections. Each address is waited for half a second at most, but for the name service, which takes as long as it
 * takes.
 */
final class BootstrapCheck {

    private static final int MILLIS = 500;

    private BootstrapCheck() {}

    /**
     * Returns why no address accepts connections.
     * @param bootstrapServers as in {@code bootstrap.servers}
     * @return the first address's error; null if one accepts, or cannot be understood, which is left to Kafka's client to
     * judge
     */
    static @Nullable IOException refusal(String bootstrapServers) {
        IOException first = null;
        for (String address : bootstrapServers.split(",")) {
            try (Socket socket = connected(address)) {
                return null;
            } catch (IOException ex) {
                first = (first == null) ? ex : first;
            } catch (RuntimeException ex) {
                return null;
            }
        }
        return first;
    }

    /**
     * Returns what shows that the first address that accepts connections does not speak TLS. Kafka's client takes that
     * for a lost connection and goes on trying.
     * @param bootstrapServers as in {@code bootstrap.servers}
     * @return the error of a TLS handshake; null if it speaks TLS, trusted or not, or does not answer
     */
    static @Nullable IOException noTls(String bootstrapServers) {
        for (String address : bootstrapServers.split(",")) {
            try (Socket socket = connected(address)) {
                return noTls(socket);
            } catch (IOException | RuntimeException ex) {
                // The next one, then.
                continue;
            }
        }
        return null;
    }

    private static @Nullable IOException noTls(Socket socket) throws IOException {
        socket.setSoTimeout(MILLIS);
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        String host = socket.getInetAddress().getHostAddress();
        try (SSLSocket tls = (SSLSocket) factory.createSocket(socket, host, socket.getPort(), false)) {
            return handshake(tls);
        }
    }

    private static @Nullable IOException handshake(SSLSocket tls) {
        try {
            tls.startHandshake();
            return null;
        } catch (SSLException ex) {
            boolean otherLanguage = ex.getCause() instanceof EOFException
                    || String.valueOf(ex.getMessage()).contains("Unsupported or unrecognized");
            return otherLanguage ? ex : null;
        } catch (SocketException ex) {
            return new SSLException("Remote host terminated the handshake", ex);
        } catch (IOException ex) {
            return null;
        }
    }

    private static Socket connected(String address) throws IOException {
        String hostAndPort = address.trim().replaceFirst("^.*://", "");
        int colon = hostAndPort.lastIndexOf(':');
        String host = hostAndPort.substring(0, colon).replaceAll("^\\[|]$", "");
        int port = Integer.parseInt(hostAndPort.substring(colon + 1));
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(host, port), MILLIS);
            return socket;
        } catch (IOException | RuntimeException ex) {
            socket.close();
            throw ex;
        }
    }
}
