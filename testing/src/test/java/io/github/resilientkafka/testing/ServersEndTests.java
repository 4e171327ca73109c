package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Local servers leave no process and no directory behind")
class ServersEndTests {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What the JVMs of this test have as their temporary directory; PostgreSQL's user must get through to it. */
    private static Path temporary;

    private Process jvm;

    @BeforeAll
    static void createDirectory() {
        temporary = Directories.createTemporary("servers-end-");
    }

    @AfterAll
    static void deleteDirectory() {
        Directories.delete(temporary);
    }

    @AfterEach
    void end() throws InterruptedException {
        jvm.destroyForcibly().waitFor();
    }

    @Test
    @DisplayName("when they are closed, nor a thread")
    void whenClosed() throws Exception {
        launch("close").awaitLine("threads []").awaitLine("done");

        assertThat(jvm.isAlive()).isTrue();
        assertNothingLeft();
    }

    @Test
    @DisplayName("when their JVM is killed")
    void whenKilled() throws Exception {
        launch("run").awaitLine("done");
        assertThat(Processes.of(temporary)).hasSizeGreaterThan(5);

        jvm.destroyForcibly();

        assertNothingLeft();
    }

    @Test
    @DisplayName("when their JVM is killed while they are frozen")
    void whenKilledFrozen() throws Exception {
        launch("freeze").awaitLine("done");

        jvm.destroyForcibly();

        assertNothingLeft();
    }

    @Test
    @DisplayName("when their JVM is killed while they start")
    void whenKilledStarting() throws Exception {
        launch("run").awaitLine("starting");
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> Processes.of(temporary).stream()
                .anyMatch(process -> process.contains("initdb")));

        jvm.destroyForcibly();

        assertNothingLeft();
    }

    @Test
    @DisplayName("when somebody presses Ctrl-C, which reaches all processes of the terminal")
    void whenInterrupted() throws Exception {
        launch("database").awaitLine("done");

        Process kill = new ProcessBuilder("sh", "-c", "kill -INT -" + jvm.pid()).start();
        assertThat(kill.waitFor()).isZero();

        assertThat(jvm.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertNothingLeft();
    }

    private Lines launch(String mode) throws IOException {
        // In a process group of its own, as from a shell.
        jvm = new ProcessBuilder(
                        "setsid",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "-Djava.io.tmpdir=" + temporary,
                        ServersMain.class.getName(),
                        mode)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Lines(jvm.inputReader());
    }

    private void assertNothingLeft() {
        String own = "/proc/" + jvm.pid() + " ";
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(Processes.of(temporary)).allMatch(process -> process.startsWith(own));
            assertThat(list(temporary))
                    .noneMatch(file -> file.startsWith("resilient-kafka-") && !file.contains("cache"));
            assertThat(list(temporary)).noneMatch(file -> file.startsWith("resilient-postgres-"));
        });
    }

    private static List<String> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Path::getFileName).map(Path::toString).toList();
        }
    }

    private record Lines(BufferedReader reader) {

        Lines awaitLine(String expected) throws IOException {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.equals(expected)) {
                    return this;
                }
                if (line.startsWith(expected.split(" ")[0])) {
                    throw new AssertionError("Expected " + expected + " but was " + line);
                }
            }
            throw new AssertionError("The JVM ended before it said: " + expected);
        }
    }
}
