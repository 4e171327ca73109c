package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A local port")
class LocalPortTests {

    @Test
    @DisplayName("is given once, and is none that the kernel gives to clients")
    void isFound() throws IOException {
        assertThat(IntStream.range(0, 50).map(i -> LocalPort.find()).toArray()).doesNotHaveDuplicates();
        try (ServerSocket client = new ServerSocket(0)) {
            assertThat(LocalPort.find()).isLessThan(client.getLocalPort());
        }
    }

    @Test
    @DisplayName("accepts connections while somebody listens")
    void accepts() throws IOException {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(LocalPort.HOST));
        assertThat(LocalPort.accepts(socket.getLocalPort())).isTrue();
        socket.close();
        assertThat(LocalPort.accepts(socket.getLocalPort())).isFalse();
    }
}
