package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    void everySabotageFitsThePresentSource(Path patch) throws IOException {
        List<List<String>> hunks = hunks(patch);
        String source = Files.readString(ROOT.resolve(patchedFile(patch)));
        assertThat(hunks).isNotEmpty().allSatisfy(hunk -> assertThat(source).contains(String.join("\n", hunk)));
    }

    @ParameterizedTest
    @MethodSource("patches")
    void everySabotageSaysHowItIsCaught(Path patch) throws IOException {
        List<String> head = head(patch);
        assertThat(head).anyMatch(line -> line.startsWith("# seeds=")).anyMatch(line -> line.startsWith("# seconds="));
        assertThat(setting(head, "faults").split(",")).isNotEmpty().allSatisfy(fault -> assertThat(Fault.valueOf(fault))
                .isNotNull());
        assertThat(rules()).contains("violation(\"" + setting(head, "rule"));
    }

    private static String setting(List<String> head, String name) {
        String prefix = "# " + name + "=";
        return head.stream()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()))
                .findFirst()
                .orElseThrow();
    }

    /** The source of all of them. */
    private static String rules() throws IOException {
        StringBuilder text = new StringBuilder();
        try (Stream<Path> files = Files.list(Path.of("src/main/java/io/github/resilientkafka/chaos"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith("Rules.java")).toList()) {
                text.append(Files.readString(file));
            }
        }
        return text.toString();
    }

    private static List<String> head(Path patch) throws IOException {
        return Files.readAllLines(patch).stream()
                .takeWhile(line -> line.startsWith("# "))
                .toList();
    }

    private static String patchedFile(Path patch) throws IOException {
        return Files.readAllLines(patch).stream()
                .filter(line -> line.startsWith("+++ b/"))
                .map(line -> line.substring("+++ b/".length()))
                .reduce((first, second) -> fail("A patch of one file is expected"))
                .orElseThrow();
    }

    /** Of each hunk, what it expects to find. Where, is of no importance. */
    private static List<List<String>> hunks(Path patch) throws IOException {
        List<List<String>> hunks = new ArrayList<>();
        for (String line : Files.readAllLines(patch)) {
            if (line.startsWith("@@ ")) {
                hunks.add(new ArrayList<>());
            } else if (!hunks.isEmpty() && !line.startsWith("+")) {
                hunks.get(hunks.size() - 1).add(line.substring(1));
            }
        }
        return hunks;
    }
}
