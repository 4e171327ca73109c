package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code sabotage.sh} takes minutes, so not every build runs it; but it can be run at any time.
 */
class SabotageTests {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    static List<Path> patches() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("sabotage"))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("patches")
    void everySabotageFitsThePresentSource(Path patch) throws Exception {
        assumeThat(isThere("patch")).as("the command patch is there").isTrue();
        Process process = new ProcessBuilder(
                        "patch",
                        "--dry-run",
                        "--force",
                        "-p1",
                        "-i",
                        patch.toAbsolutePath().toString())
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @ParameterizedTest
    @MethodSource("patches")
    void everySabotageSaysHowItIsCaught(Path patch) throws IOException {
        List<String> head = Files.readAllLines(patch).stream()
                .takeWhile(line -> line.startsWith("# "))
                .toList();
        assertThat(head)
                .anyMatch(line -> line.startsWith("# rule="))
                .anyMatch(line -> line.startsWith("# seeds="))
                .anyMatch(line -> line.startsWith("# seconds="));
        String faults = head.stream()
                .filter(line -> line.startsWith("# faults="))
                .findFirst()
                .orElseThrow();
        assertThat(faults.substring(faults.indexOf('=') + 1).split(","))
                .isNotEmpty()
                .allSatisfy(fault -> assertThat(Fault.valueOf(fault)).isNotNull());
    }

    private static boolean isThere(String command) throws InterruptedException {
        try {
            return new ProcessBuilder(command, "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException ex) {
            return false;
        }
    }
}
