package io.github.resilientkafka.testing;

import io.github.resilientkafka.testing.ServerProcess.Signal;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A JVM of its own on the class path of this one: an application that a test can kill or freeze. Like a
 * {@link LocalServer} it ends with this JVM at the latest, frozen or not.
 */
public final class ChildJvm implements AutoCloseable {

    private final Path directory;

    private final ServerProcess process;

    private ChildJvm(Path directory, ServerProcess process) {
        this.directory = directory;
        this.process = process;
    }

    /**
     * Runs a class with a {@code main} method.
     * @param directory belongs to the child from now on: its log is written there, and {@link #close()} deletes it
     */
    public static ChildJvm launch(Path directory, Class<?> main, List<String> arguments) {
        return launch(directory, main, arguments, List.of(), jar -> true);
    }

    /**
     * Runs a class with a {@code main} method.
     * @param directory as above
     * @param options of the JVM, in addition
     */
    public static ChildJvm launch(Path directory, Class<?> main, List<String> arguments, List<String> options) {
        return launch(directory, main, arguments, options, jar -> true);
    }

    /**
     * Runs a class with a {@code main} method on a part of this JVM's class path.
     * @param directory as above
     * @param present whether a jar, by its file's name, is on the child's class path
     */
    public static ChildJvm launch(Path directory, Class<?> main, List<String> arguments, Predicate<String> present) {
        return launch(directory, main, arguments, List.of(), present);
    }

    private static ChildJvm launch(
            Path directory, Class<?> main, List<String> arguments, List<String> options, Predicate<String> present) {
        String entries = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> present.test(Path.of(entry).getFileName().toString()))
                .collect(Collectors.joining(File.pathSeparator));
        Path classPath = Directories.write(directory.resolve("classpath"), "-cp \"" + entries + "\"\n");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        command.addAll(options);
        command.add("@" + classPath);
        command.add(main.getName());
        command.addAll(arguments);
        return new ChildJvm(
                directory, ServerProcess.launch(main.getSimpleName(), command, log(directory), directory, Signal.KILL));
    }

    private static Path log(Path directory) {
        return directory.resolve("child.log");
    }

    public boolean isAlive() {
        return this.process.isAlive();
    }

    /** {@code kill -9}; returns when it is gone. */
    public void kill() {
        this.process.kill();
    }

    public void freeze() {
        this.process.freeze();
    }

    public void thaw() {
        this.process.thaw();
    }

    /** What it has printed so far. */
    public String log() {
        try {
            return Files.readString(log(this.directory));
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public void close() {
        this.process.finish();
        this.process.release();
        Directories.delete(this.directory);
    }
}
