package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.github.resilientkafka.chaos.Link.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LinkTests {

    @Test
    void whatIsConnectedWhileItIsCutIsResetOnBothSides() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                Link link = new Link(server.getLocalPort())) {
            server.setSoTimeout(10_000);
            link.become(State.CUT);
            try (Socket application = new Socket(InetAddress.getLoopbackAddress(), link.port());
                    Socket accepted = server.accept()) {
                assertThatIOException()
                        .isThrownBy(() -> application.getInputStream().read());
                assertThatIOException()
                        .isThrownBy(() -> accepted.getInputStream().read());
            }

            link.become(State.FINE);
            try (Socket application = new Socket(InetAddress.getLoopbackAddress(), link.port());
                    Socket accepted = server.accept()) {
                application.getOutputStream().write(7);
                assertThat(accepted.getInputStream().read()).isEqualTo(7);

                link.become(State.CUT);
                assertThatIOException()
                        .isThrownBy(() -> application.getInputStream().read());
            }
        }
    }

    @Test
    void whileItIsHalfOpenRequestsArriveAndAnswersDoNot() throws Exception {
        try (Connection connection = new Connection()) {
            connection.link.become(State.HALF_OPEN);
            connection.application.getOutputStream().write(7);
            assertThat(connection.server.getInputStream().read()).isEqualTo(7);
            connection.server.getOutputStream().write(8);
            assertNothingArrives(connection.application);

            connection.link.become(State.FINE);
            assertThat(connection.application.getInputStream().read()).isEqualTo(8);
        }
    }

    @Test
    void aBlackHoleSwallowsBothUntilItIsFine() throws Exception {
        try (Connection connection = new Connection()) {
            connection.link.become(State.BLACK_HOLE);
            connection.application.getOutputStream().write(7);
            connection.server.getOutputStream().write(8);
            assertNothingArrives(connection.server);
            assertNothingArrives(connection.application);

            connection.link.become(State.FINE);
            assertThat(connection.server.getInputStream().read()).isEqualTo(7);
            assertThat(connection.application.getInputStream().read()).isEqualTo(8);
        }
    }

    @Test
    void whatIsSentWhileItIsSlowComesLate() throws Exception {
        try (Connection connection = new Connection()) {
            connection.link.become(State.SLOW);
            long start = System.nanoTime();
            connection.application.getOutputStream().write(7);
            assertThat(connection.server.getInputStream().read()).isEqualTo(7);
            connection.server.getOutputStream().write(8);
            assertThat(connection.application.getInputStream().read()).isEqualTo(8);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
        }
    }

    private static void assertNothingArrives(Socket socket) throws IOException {
        socket.setSoTimeout(300);
        assertThatExceptionOfType(SocketTimeoutException.class)
                .isThrownBy(() -> socket.getInputStream().read());
        socket.setSoTimeout(10_000);
    }

    /** A connection through a link, and both its ends. */
    private static final class Connection implements AutoCloseable {

        private final ServerSocket listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());

        final Link link = new Link(this.listening.getLocalPort());

        final Socket application = new Socket(InetAddress.getLoopbackAddress(), this.link.port());

        final Socket server = this.listening.accept();

        Connection() throws IOException {
            this.application.setSoTimeout(10_000);
            this.server.setSoTimeout(10_000);
        }

        @Override
        public void close() throws IOException {
            try (this.listening;
                    this.link;
                    this.application;
                    this.server) {
                this.link.become(State.FINE);
            }
        }
    }
}
