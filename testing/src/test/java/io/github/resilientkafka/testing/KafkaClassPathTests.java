package io.github.resilientkafka.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The class path of a Kafka server")
class KafkaClassPathTests {

    private static final String CLASS = "kafka/Kafka.class";

    @TempDir
    Path directory;

    @Test
    @DisplayName("has the server's jars and this module, and nothing else of the tests")
    void isLimited() {
        assertThat(KafkaClassPath.of(directory))
                .contains("kafka_2.13", "kafka-clients", "kafka-metadata", "scala-library", "slf4j-api", "classes")
                .doesNotContain("spring", "junit", "logback", "test-classes");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    @DisplayName("may come from a directory, a jar, or a jar in the archive of a Spring Boot application")
    void comesFromAnywhere() throws IOException {
        Path archive = directory.resolve("my app.jar");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            zip.putNextEntry(new ZipEntry("BOOT-INF/lib/kafka.jar"));
            zip.write("the jar".getBytes());
        }
        String place = directory.toUri() + "my%20app.jar";

        assertThat(KafkaClassPath.locate(directory.toUri() + CLASS, CLASS, directory))
                .isEqualTo(directory);
        assertThat(KafkaClassPath.locate("jar:" + place + "!/" + CLASS, CLASS, directory))
                .isEqualTo(archive);
        String nested = "jar:" + place.replaceFirst("file:(//)?", "nested:") + "/!BOOT-INF/lib/kafka.jar!/" + CLASS;
        assertThat(KafkaClassPath.locate(nested, CLASS, directory.resolve("lib")))
                .isEqualTo(directory.resolve("lib/kafka.jar"))
                .hasContent("the jar");
    }

    @Test
    @DisplayName("cannot come from elsewhere, which is said")
    void isRefused() {
        assertThatIllegalStateException()
                .isThrownBy(() -> KafkaClassPath.locate("http://example.org/" + CLASS, CLASS, directory))
                .withMessageContaining("http://example.org/");
    }
}
