package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

class SmallDiskTests {

    @Test
    @EnabledIf("isPossible")
    void whileItIsFullNobodyCanWriteAByte() throws Exception {
        try (SmallDisk disk = SmallDisk.mount("4m")) {
            Path file = disk.path().resolve("file");
            disk.fill();
            assertThatIOException().isThrownBy(() -> Files.writeString(file, "a"));

            disk.empty();
            assertThat(Files.writeString(file, "a")).hasContent("a");
        }
    }

    static boolean isPossible() {
        return SmallDisk.isPossible();
    }
}
