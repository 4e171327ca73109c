package io.github.resilientkafka.chaos;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file system of its own, in memory, that can be filled to the last byte. Making one takes root.
 */
final class SmallDisk implements AutoCloseable {

    /** More than twice what a trial of ten minutes leaves: it is full when a fault fills it, and not before. */
    private static final String SIZE = "1g";

    private final Path mountPoint;

    private final Path filler;

    private SmallDisk(Path mountPoint) {
        this.mountPoint = mountPoint;
        this.filler = mountPoint.resolve("filler");
    }

    /** Whether this user can make one here. */
    static boolean isPossible() {
        try {
            Path trial = Files.createTempDirectory("small-disk-");
            boolean possible = succeeds("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", trial.toString());
            if (possible) {
                run("umount", trial.toString());
            }
            Files.delete(trial);
            return possible;
        } catch (IOException ex) {
            return false;
        }
    }

    /** Mounts one. It goes with this JVM at the latest, unless that is killed. */
    static SmallDisk mount() {
        return mount(SIZE);
    }

    static SmallDisk mount(String size) {
        try {
            SmallDisk disk = new SmallDisk(Files.createTempDirectory("small-disk-"));
            run("mount", "-t", "tmpfs", "-o", "mode=755,size=" + size, "tmpfs", disk.mountPoint.toString());
            Runtime.getRuntime().addShutdownHook(new Thread(disk::close));
            return disk;
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    Path path() {
        return this.mountPoint;
    }

    /** Leaves no room for anybody else. */
    void fill() {
        byte[] megabyte = new byte[1 << 20];
        for (int size = megabyte.length; size > 0; size /= 2) {
            try (OutputStream out =
                    Files.newOutputStream(this.filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while (true) {
                    out.write(megabyte, 0, size);
                }
            } catch (IOException ex) {
                // Full, for chunks of this size.
                continue;
            }
        }
    }

    void empty() {
        try {
            Files.deleteIfExists(this.filler);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public synchronized void close() {
        if (Files.exists(this.mountPoint)) {
            // Lazily: a server that was killed a moment ago may still have files open.
            run("umount", "-l", this.mountPoint.toString());
            try {
                Files.delete(this.mountPoint);
            } catch (IOException ex) {
                throw new UncheckedIOException(ex);
            }
        }
    }

    private static void run(String... command) {
        if (!succeeds(command)) {
            throw new IllegalStateException("Failed: " + String.join(" ", command));
        }
    }

    private static boolean succeeds(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException ex) {
            return false;
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(ex);
        }
    }
}
