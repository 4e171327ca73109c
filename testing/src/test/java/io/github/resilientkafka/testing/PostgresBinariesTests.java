package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("PostgreSQL's programs")
class PostgresBinariesTests {

    @TempDir
    Path directory;

    @Test
    @DisplayName("are unpacked once and as a whole, though two JVMs want them at the same time")
    void areUnpackedOnce() throws Exception {
        Path cache = directory.resolve("cache");
        List<Process> jvms = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            jvms.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            Locate.class.getName(),
                            cache.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }

        for (Process jvm : jvms) {
            assertThat(jvm.inputReader().readLine()).startsWith("postgres (PostgreSQL) ");
            assertThat(jvm.waitFor()).isZero();
        }
        assertThat(cache.toFile().list()).hasSize(2).anyMatch(file -> file.endsWith(".lock"));
    }

    @Test
    @DisplayName("are unpacked again where a system that tidies up has deleted some of them")
    void areUnpackedAgain() throws IOException {
        Path cache = directory.resolve("cache");
        Path initdb = PostgresBinaries.locate(cache).resolve("bin/initdb");
        long size = Files.size(initdb);
        Files.delete(initdb);

        PostgresBinaries.locate(cache);
        assertThat(initdb).isExecutable().hasSize(size);
    }

    @Test
    @DisplayName("are not taken from a cache that others may write to")
    void areNotTakenFromAnOpenCache() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> PostgresBinaries.locate(directory))
                .havingCause()
                .withMessageContaining("Others may write to");
    }

    @Test
    @DisplayName("do not come out of an archive that reaches outside itself")
    void stayInside() {
        byte[] archive = new byte[1024];
        byte[] name = "../evil".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, archive, 0, name.length);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> TarArchive.unpack(new ByteArrayInputStream(archive), directory))
                .withMessageContaining("../evil");
    }

    /** A JVM that wants PostgreSQL. */
    static final class Locate {

        private Locate() {}

        public static void main(String[] arguments) throws Exception {
            Path postgres = PostgresBinaries.locate(Path.of(arguments[0])).resolve("bin/postgres");
            new ProcessBuilder(postgres.toString(), "--version")
                    .inheritIO()
                    .start()
                    .waitFor();
        }
    }
}
