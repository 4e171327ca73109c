package io.github.resilientkafka.chaos;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What an application needs to live.
 *
 * @param heapBytes in use after a collection
 * @param files open file handles, sockets included
 */
record Vitals(long heapBytes, int threads, long files) {

    private static final String FILE = "vitals";

    /** Collects garbage and measures this JVM. */
    static Vitals measure() {
        System.gc();
        return new Vitals(
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                ManagementFactory.getThreadMXBean().getThreadCount(),
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getOpenFileDescriptorCount());
    }

    /** Leaves them where {@link #read} finds them; whoever reads meanwhile finds the old or the new ones. */
    void write(Path directory) {
        try {
            Path next = Files.writeString(
                    directory.resolve(FILE + ".next"), this.heapBytes + " " + this.threads + " " + this.files);
            Files.move(next, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    static Vitals read(Path directory) {
        try {
            String[] words = Files.readString(directory.resolve(FILE)).split(" ");
            return new Vitals(Long.parseLong(words[0]), Integer.parseInt(words[1]), Long.parseLong(words[2]));
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }
}
