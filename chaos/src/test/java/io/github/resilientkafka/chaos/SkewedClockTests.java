package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SkewedClockTests {

    @TempDir
    Path directory;

    @Test
    void itIsOffByWhatItsSwitchesSay() {
        Switches switches = new Switches(this.directory);
        switches.clockOffset(Duration.ofMinutes(-90));
        assertThat(new SkewedClock(switches).instant())
                .isBetween(Instant.now().minusSeconds(91 * 60), Instant.now().minusSeconds(89 * 60));
    }
}
