package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.github.resilientkafka.chaos.Link.State;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
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
}
