package io.github.resilientkafka.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Knows when PostgreSQL lets clients in: when it answers a connection request with a question for the password rather
 * than an error. Needs no JDBC driver.
 */
final class PostgresReadiness implements Readiness {

    private static final int PROTOCOL_3 = 3 << 16;
    private static final int TIMEOUT_MS = 2_000;

    private final int port;
    private final String user;

    PostgresReadiness(int port, String user) {
        this.port = port;
        this.user = user;
    }

    @Override
    public boolean await(BooleanSupplier alive, Duration timeout) {
        boolean[] ready = {false};
        Await.until(timeout, () -> {
            ready[0] = letsIn();
            return ready[0] || !alive.getAsBoolean();
        });
        return ready[0];
    }

    private boolean letsIn() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(LocalPort.HOST, port), TIMEOUT_MS);
            socket.setSoTimeout(TIMEOUT_MS);
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            message.write(("user\0" + user + "\0database\0postgres\0\0").getBytes(StandardCharsets.US_ASCII));
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(2 * Integer.BYTES + message.size());
            out.writeInt(PROTOCOL_3);
            message.writeTo(out);
            out.flush();
            return socket.getInputStream().read() == 'R';
        } catch (IOException ex) {
            return false;
        }
    }
}
