package io.github.resilientkafka.chaos;

import io.github.resilientkafka.testing.LocalApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the applications on trial, through all its runs.
 */
final class Instance implements AutoCloseable {

    /** The file by which a run says that it is up. */
    static final String STARTED = "started";

    private final Path directory;

    private final Switches switches;

    private final LocalApplication process;

    private Instance(Path directory, List<String> arguments) throws IOException {
        this.directory = Files.createDirectory(directory);
        this.switches = new Switches(directory);
        List<String> all = new ArrayList<>(arguments);
        all.add("--chaos.directory=" + directory);
        this.process = LocalApplication.builder(ChaosApplication.class)
                .arguments(all.toArray(String[]::new))
                .readyWhen(() -> Files.exists(directory.resolve(STARTED)))
                .launch();
    }

    /**
     * Starts an application.
     * @param directory what it writes; its name is the instance's
     */
    static Instance launch(Path directory, List<String> arguments) {
        try {
            return new Instance(directory, arguments);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    String name() {
        return this.directory.getFileName().toString();
    }

    Switches switches() {
        return this.switches;
    }

    void start() {
        try {
            Files.deleteIfExists(this.directory.resolve(STARTED));
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
        this.process.start();
    }

    void stop() {
        this.process.stop();
    }

    void kill() {
        this.process.kill();
    }

    void freeze() {
        this.process.freeze();
    }

    void thaw() {
        this.process.thaw();
    }

    List<Entry> journal() {
        return Journal.readAll(this.directory);
    }

    /** Keeps what it has printed beside its journals, and ends it. */
    @Override
    public void close() {
        try {
            Files.writeString(this.directory.resolve("log"), this.process.log());
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        } finally {
            this.process.close();
        }
    }
}
