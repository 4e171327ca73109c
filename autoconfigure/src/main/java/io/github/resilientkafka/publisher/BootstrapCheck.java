package io.github.resilientkafka.publisher;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Asks whether anything listens at Kafka's addresses, without a word in the log: Kafka's own client writes several lines
 * a second about a broker that refuses connections.
 */
final class BootstrapCheck {

    private static final int CONNECT_MILLIS = 500;

    private BootstrapCheck() {}

    /**
     * Returns whether any address accepts connections. What cannot be understood is left to Kafka's client to judge.
     * @param bootstrapServers as in {@code bootstrap.servers}
     */
    static boolean anyAccepts(String bootstrapServers) {
        for (String address : bootstrapServers.split(",")) {
            if (accepts(address.trim())) {
                return true;
            }
        }
        return false;
    }

    private static boolean accepts(String address) {
        String hostAndPort = address.replaceFirst("^.*://", "");
        int colon = hostAndPort.lastIndexOf(':');
        try (Socket socket = new Socket()) {
            String host = hostAndPort.substring(0, colon).replaceAll("^\\[|]$", "");
            socket.connect(
                    new InetSocketAddress(host, Integer.parseInt(hostAndPort.substring(colon + 1))), CONNECT_MILLIS);
            return true;
        } catch (IOException ex) {
            return false;
        } catch (RuntimeException ex) {
            return true;
        }
    }
}
