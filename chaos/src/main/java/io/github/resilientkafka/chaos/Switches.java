package io.github.resilientkafka.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What the trial tells its applications while they run: files, since those need no connection that a fault could cut.
 */
final class Switches {

    private final Path load;

    private final Path payments;

    private final Path clock;

    /**
     * @param own the instance's directory, beside which those of the others lie
     */
    Switches(Path own) {
        this.load = own.resolveSibling("load-is-on");
        this.payments = own.resolveSibling("payments-are-down");
        this.clock = own.resolve("clock-is-off-by");
    }

    void load(boolean on) {
        set(this.load, on);
    }

    boolean isLoadOn() {
        return Files.exists(this.load);
    }

    void payments(boolean up) {
        set(this.payments, !up);
    }

    boolean arePaymentsUp() {
        return !Files.exists(this.payments);
    }

    void clockOffset(Duration offset) {
        try {
            Files.writeString(this.clock, offset.toString());
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    Duration clockOffset() {
        try {
            String text = Files.exists(this.clock) ? Files.readString(this.clock) : "";
            // Empty while it is being written.
            return text.isEmpty() ? Duration.ZERO : Duration.parse(text);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private static void set(Path file, boolean there) {
        try {
            if (there) {
                Files.writeString(file, "");
            } else {
                Files.deleteIfExists(file);
            }
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }
}
