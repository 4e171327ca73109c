package io.github.resilientkafka.chaos;

import io.github.resilientkafka.testing.LocalApplication;
import io.github.resilientkafka.testing.LocalServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One of the applications on trial, through all its runs, and its ways to Kafka and to the database. Faults of different
 * places may want to stop and start it at once: one waits for the other. One that has ended by itself is not struck any
 * more, as if that had ended it, but spoils the trial.
 */
final class Instance implements LocalServer, AutoCloseable {

    private static final String STARTED = "started-";

    private final Path directory;

    private final Switches switches;

    private final Link toKafka;

    private final Link toDatabase;

    private final LocalApplication process;

    private volatile int run = 1;

    private boolean wanted;

    /**
     * Starts an application.
     * @param directory what it writes; its name is the instance's
     */
    Instance(Path directory, Class<?> application, List<String> arguments, Link toKafka, Link toDatabase) {
        this.directory = directory;
        this.switches = new Switches(directory);
        this.toKafka = toKafka;
        this.toDatabase = toDatabase;
        List<String> all = new ArrayList<>(arguments);
        all.add("--chaos.directory=" + directory);
        try {
            Files.createDirectory(directory);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
        this.process = LocalApplication.builder(application)
                .arguments(all.toArray(String[]::new))
                .readyWhen(this::isUp)
                // Faults may strike while it starts.
                .startTimeout(Duration.ofMinutes(3))
                .launch();
        this.wanted = true;
    }

    /** Called by the application itself. */
    static void isUp(Path directory, Journal journal) throws IOException {
        Files.writeString(directory.resolve(STARTED + journal.incarnation()), "");
    }

    private boolean isUp() {
        return Files.exists(this.directory.resolve(STARTED + this.run));
    }

    @Override
    public synchronized void start() {
        requireThatItHasNotEndedByItself();
        if (state() == State.STOPPED) {
            this.run = Journal.count(this.directory) + 1;
        }
        this.process.start();
        this.wanted = true;
    }

    @Override
    public synchronized void stop() {
        requireThatItHasNotEndedByItself();
        this.wanted = false;
        this.process.stop();
    }

    @Override
    public synchronized void kill() {
        requireThatItHasNotEndedByItself();
        this.wanted = false;
        this.process.kill();
    }

    synchronized void restart() {
        stop();
        start();
    }

    @Override
    public synchronized void freeze() {
        requireThatItHasNotEndedByItself();
        this.process.freeze();
    }

    @Override
    public synchronized void thaw() {
        this.process.thaw();
    }

    @Override
    public State state() {
        return this.process.state();
    }

    private void requireThatItHasNotEndedByItself() {
        if (this.wanted && state() == State.STOPPED) {
            throw new IllegalStateException("Instance " + this.directory.getFileName() + " has ended by itself");
        }
    }

    Switches switches() {
        return this.switches;
    }

    Link toKafka() {
        return this.toKafka;
    }

    Link toDatabase() {
        return this.toDatabase;
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
            this.toKafka.close();
            this.toDatabase.close();
        }
    }
}
