package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilientkafka.testing.LocalServer.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalApplicationTests {

    @TempDir
    Path directory;

    @Test
    void isKilledFrozenStoppedAndStartedAgain() throws IOException {
        Path started = this.directory.resolve("started");
        Path stopped = this.directory.resolve("stopped");
        try (LocalApplication application = LocalApplication.builder(Main.class)
                .arguments(started.toString(), stopped.toString())
                .readyWhen(() -> Files.exists(started))
                .launch()) {
            assertThat(application.isRunning()).isTrue();
            application.freeze();
            assertThat(application.state()).isEqualTo(State.FROZEN);
            application.thaw();
            application.kill();
            assertThat(application.state()).isEqualTo(State.STOPPED);
            assertThat(stopped).as("kill -9 runs no shutdown hook").doesNotExist();

            Files.delete(started);
            application.start();
            assertThat(started).exists();
            application.stop();
            assertThat(stopped).exists();
            assertThat(application.log().lines().filter("here I am"::equals)).hasSize(2);
        }
    }

    @Test
    void oneThatEndsBeforeItIsReadyIsToldWithItsLog() {
        LocalApplication.Builder application =
                LocalApplication.builder(Main.class).readyWhen(() -> false);
        assertThatThrownBy(application::launch)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("exited while starting")
                .hasMessageContaining("two files, please");
    }

    @Test
    void aPartOfTheClassPathIsLeftOut() {
        LocalApplication.Builder application = LocalApplication.builder(NeedsAwaitility.class)
                .classPath(entry -> !entry.getFileName().toString().contains("awaitility"))
                .readyWhen(() -> false);
        assertThatThrownBy(application::launch).hasMessageContaining("NoClassDefFoundError: org/awaitility/Awaitility");
    }

    @Test
    void aClusterHasNoOtherEntrance() {
        LocalKafka.Builder cluster = LocalKafka.builder().brokers(3).entrance("PROXIED", 1_234, "127.0.0.1:4321");
        assertThatThrownBy(cluster::launch).hasMessageContaining("single broker");
    }

    static final class NeedsAwaitility {

        public static void main(String[] arguments) {
            Awaitility.reset();
        }
    }

    static final class Main {

        public static void main(String[] arguments) throws Exception {
            if (arguments.length != 2) {
                throw new IllegalArgumentException("two files, please");
            }
            Path stopped = Path.of(arguments[1]);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> write(stopped)));
            System.out.println("here I am");
            write(Path.of(arguments[0]));
            new CountDownLatch(1).await();
        }

        private static void write(Path file) {
            try {
                Files.writeString(file, "");
            } catch (IOException ex) {
                throw new IllegalStateException(ex);
            }
        }
    }
}
