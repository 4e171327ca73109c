package io.github.resilientkafka.testing;

import io.github.resilientkafka.testing.ServerProcess.Signal;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * An application of yours in a JVM of its own, for tests of what a crash leaves behind: it can be killed in the middle of
 * its work, frozen for longer than a lease or a session lasts, stopped gracefully, and started again.
 *
 * <pre>{@code
 * try (LocalApplication orders = LocalApplication.builder(OrdersApplication.class)
 *         .arguments("--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers())
 *         .readyWhen(() -> answers(8080))
 *         .launch()) {
 *     orders.kill();
 *     orders.start();
 * }
 * }</pre>
 *
 * <p>It runs on the class path of this JVM, or a part of it. Needs Linux. Thread-safe; ends with this JVM at the latest, see
 * {@link LocalServer}.
 */
public final class LocalApplication implements LocalServer, AutoCloseable {

    private final Path directory;
    private final ManagedServer process;

    private LocalApplication(Builder builder) {
        ServerProcess.requireLinux();
        this.directory = Directories.createTemporary("resilient-application-");
        this.process = new ManagedServer(plan(builder), List.of());
    }

    private ServerPlan plan(Builder builder) {
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath())
                .filter(builder.classPath)
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(builder.jvmOptions);
        command.add("@" + Directories.write(directory.resolve("classpath"), "-cp \"" + classPath + "\"\n"));
        command.add(builder.main.getName());
        command.addAll(builder.arguments);
        Readiness readiness =
                (alive, timeout) -> Await.until(timeout, () -> !alive.getAsBoolean() || builder.ready.getAsBoolean())
                        && alive.getAsBoolean();
        return new ServerPlan(
                builder.main.getSimpleName(),
                command,
                directory,
                true,
                Signal.TERM,
                Signal.KILL,
                readiness,
                builder.startTimeout);
    }

    /**
     * Begins the description of an application.
     *
     * @param main the class whose {@code main} method is run
     */
    public static Builder builder(Class<?> main) {
        return new Builder(main);
    }

    /** What it has printed so far, in all its runs. */
    public String log() {
        try {
            return Files.readString(directory.resolve("server.log"));
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Override
    public void start() {
        process.start();
    }

    /** Ends it as an operator would ({@code SIGTERM}), so that its shutdown hooks run. */
    @Override
    public void stop() {
        process.stop();
    }

    @Override
    public void kill() {
        process.kill();
    }

    @Override
    public void freeze() {
        process.freeze();
    }

    @Override
    public void thaw() {
        process.thaw();
    }

    @Override
    public State state() {
        return process.state();
    }

    /** Kills it, if it still runs, and deletes its log. */
    @Override
    public void close() {
        process.close();
    }

    /** Describes an application. Not thread-safe. */
    public static final class Builder {

        private final Class<?> main;
        private List<String> arguments = List.of();
        private List<String> jvmOptions =
                List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");
        private Predicate<Path> classPath = entry -> true;
        private BooleanSupplier ready = () -> true;
        private Duration startTimeout = ManagedServer.START_TIMEOUT;

        private Builder(Class<?> main) {
            this.main = main;
        }

        /** Sets the arguments of its {@code main} method; none unless set. */
        public Builder arguments(String... values) {
            this.arguments = List.of(values);
            return this;
        }

        /** Replaces the JVM options. Unless set they make for a quick start: 256 MB, serial collector, first compiler only. */
        public Builder jvmOptions(String... options) {
            this.jvmOptions = List.of(options);
            return this;
        }

        /** Leaves out of the class path what does not satisfy the condition; all of this JVM's entries are on it unless set. */
        public Builder classPath(Predicate<Path> condition) {
            this.classPath = condition;
            return this;
        }

        /** Says when {@link #start()} may return; as soon as the process is there unless set. */
        public Builder readyWhen(BooleanSupplier condition) {
            this.ready = condition;
            return this;
        }

        /** Sets how long it may take to be ready; 60 seconds unless set. */
        public Builder startTimeout(Duration timeout) {
            this.startTimeout = timeout;
            return this;
        }

        /**
         * Runs the application and waits until it is ready.
         *
         * @throws IllegalStateException if it ends before, or is not ready in time; the message quotes its log
         */
        public LocalApplication launch() {
            LocalApplication application = new LocalApplication(this);
            try {
                application.start();
                return application;
            } catch (RuntimeException | Error ex) {
                application.close();
                throw ex;
            }
        }
    }
}
