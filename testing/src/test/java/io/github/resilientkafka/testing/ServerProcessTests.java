package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.github.resilientkafka.testing.ServerProcess.Signal;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A server process")
class ServerProcessTests {

    @TempDir
    Path directory;

    private Path program;
    private ServerProcess server;

    /** The server is a shell with children that have sessions of their own, and a nasty name. */
    @BeforeEach
    void launch() throws IOException {
        program = Files.copy(Path.of("/bin/sleep"), directory.resolve("a) S 1 (b"));
        server = launch("setsid \"$0\" 1000 & (setsid \"$0\" 1000 & wait) & trap 'exit 0' TERM; wait; wait");
        await().until(() -> Processes.of(directory).stream()
                        .filter(process -> process.contains("1000"))
                        .count()
                >= 2);
    }

    @AfterEach
    void end() {
        server.finish();
        server.release();
        assertThat(Processes.of(directory)).isEmpty();
    }

    @Test
    @DisplayName("is frozen and thawed with all its descendants, and without its watchdog")
    void freezes() {
        server.freeze();
        assertThat(states().filter("T"::equals)).hasSizeGreaterThanOrEqualTo(4);
        assertThat(server.isAlive()).isTrue();

        server.thaw();
        assertThat(states().filter("T"::equals)).isEmpty();
    }

    @Test
    @DisplayName("is killed with all its descendants, even when frozen")
    void isKilled() {
        server.freeze();
        server.kill();

        assertThat(server.isAlive()).isFalse();
        assertThat(Processes.of(directory)).hasSize(1).allMatch(process -> process.contains("watchdog"));
    }

    @Test
    @DisplayName("accepts no connection once it is killed, with many threads and much memory")
    void leavesNoPortOpen() {
        int port = LocalPort.find();
        ServerProcess listening = launch("exec '%s/bin/java' -Xms1g -XX:+AlwaysPreTouch -cp '%s' '%s' %d"
                .formatted(System.getProperty("java.home"), classes(), ListeningProgram.class.getName(), port));
        try {
            await().atMost(Duration.ofSeconds(30)).until(() -> LocalPort.accepts(port));

            listening.kill();

            assertThat(LocalPort.accepts(port)).isFalse();
            assertThat(listening.isAlive()).isFalse();
        } finally {
            listening.finish();
            listening.release();
        }
    }

    @Test
    @DisplayName("gets a signal for itself alone")
    void getsSignals() {
        server.signal(Signal.TERM);

        assertThat(server.awaitExit(Duration.ofSeconds(10))).isTrue();
        assertThat(states()).isNotEmpty();
        Processes.of(directory).stream()
                .filter(process -> !process.contains("watchdog"))
                .map(process -> Long.valueOf(process.split("[/ ]")[2]))
                .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        await().until(() -> Processes.of(directory).size() <= 1);
    }

    @Test
    @DisplayName("cannot be signalled once its watchdog is gone, which is said")
    void needsItsWatchdog() {
        server.kill();
        server.release();

        assertThatIllegalStateException().isThrownBy(server::freeze).withMessageContaining("a test server");
        server = launch("exec true");
        assertThat(server.awaitExit(Duration.ofSeconds(10))).isTrue();
    }

    private static Path classes() {
        try {
            return Path.of(ListeningProgram.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private ServerProcess launch(String script) {
        return ServerProcess.launch(
                "a test server",
                List.of("sh", "-c", script, program.toString()),
                directory.resolve("server.log"),
                null,
                Signal.KILL);
    }

    /** The states of all processes that work in the directory, the watchdog among them. */
    private Stream<String> states() {
        return Processes.of(directory).stream()
                .map(process -> Path.of(process.substring(0, process.indexOf(' ')), "stat"))
                .map(ServerProcessTests::state);
    }

    private static String state(Path stat) {
        try (BufferedReader reader = Files.newBufferedReader(stat)) {
            String line = reader.readLine();
            return line.substring(line.lastIndexOf(')') + 2).split(" ")[0];
        } catch (IOException ex) {
            return "gone";
        }
    }

    /** Has many threads, which do not all end at the same time. */
    static final class ListeningProgram {

        private ListeningProgram() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            for (int i = 0; i < 60; i++) {
                new Thread(LockSupport::park).start();
            }
            try (ServerSocket socket = new ServerSocket(Integer.parseInt(arguments[0]))) {
                Thread.currentThread().join();
            }
        }
    }
}
