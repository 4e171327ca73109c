package io.github.resilientkafka.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a server: its process, and the watchdog (a small shell script, {@code watchdog.sh}) that launched it,
 * signals it, and ends it when this JVM ends, however that happens. Calls from several threads must be serialised,
 * except for {@link #isAlive()}.
 */
final class ServerProcess {

    private static final String WATCHDOG = readWatchdog();

    private final String name;
    private final Process watchdog;
    private final Writer commands;
    private final BufferedReader answers;
    private final long pid;
    private final String birth;

    private ServerProcess(String name, Process watchdog) throws IOException {
        this.name = name;
        this.watchdog = watchdog;
        this.commands = watchdog.outputWriter(StandardCharsets.US_ASCII);
        this.answers = watchdog.inputReader(StandardCharsets.US_ASCII);
        String[] identity = answer().split(" ", 2);
        this.pid = Long.parseLong(identity[0]);
        this.birth = identity[1];
    }

    /**
     * Makes sure that this machine has what servers are handled with.
     *
     * @throws UnsupportedOperationException if it has not
     */
    static void requireLinux() {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            throw new UnsupportedOperationException(
                    "Local servers run on Linux only, not on " + System.getProperty("os.name"));
        }
    }

    /**
     * Launches a server in a session of its own.
     *
     * @param name what to call it in messages
     * @param log the file its output is appended to
     * @param discard the directory to delete if this JVM ends without {@link #release()}, with its parent if that is
     *     empty then
     * @param farewell the signal that ends the server in that case, before {@code SIGKILL} does
     */
    static ServerProcess launch(String name, List<String> command, Path log, @Nullable Path discard, Signal farewell) {
        List<String> line = new ArrayList<>(List.of("setsid", "sh", "-c", WATCHDOG, "watchdog"));
        line.add(log.toString());
        line.add(discard == null ? "" : discard.toString());
        line.add(farewell.name());
        line.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        // What is meant for this JVM, or for the PostgreSQL clients of its user, is not meant for the server.
        builder.environment()
                .keySet()
                .removeIf(key ->
                        key.startsWith("PG") || key.equals("JAVA_TOOL_OPTIONS") || key.equals("JDK_JAVA_OPTIONS"));
        try {
            return new ServerProcess(name, builder.start());
        } catch (IOException ex) {
            throw new IllegalStateException(
                    "Cannot launch " + name + ": this needs the programs sh and setsid (util-linux)", ex);
        }
    }

    /**
     * Whether the server's own process is there, frozen or not. It is, with its ports, until its last thread has ended,
     * though its first may be a zombie by then.
     */
    boolean isAlive() {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            boolean ended = (fields[0].equals("Z") || fields[0].equals("X")) && Integer.parseInt(fields[17]) <= 1;
            return fields[19].equals(birth) && !ended;
        } catch (IOException ex) {
            return false;
        }
    }

    /** Sends a signal to the server's own process; none if that is gone. */
    void signal(Signal signal) {
        command(signal.name());
    }

    /** Halts the server and its descendants. */
    void freeze() {
        command("STOP");
    }

    /** Lets the server and its descendants go on. */
    void thaw() {
        command("CONT");
    }

    /** Kills the server and its descendants, and returns when they are gone. */
    void kill() {
        command("KILL");
    }

    /** Ends the server quickly, with its farewell signal if that helps, and returns when all its processes are gone. */
    void finish() {
        command("FINISH");
    }

    /** Waits for the server to exit and says whether it has. */
    boolean awaitExit(Duration timeout) {
        return Await.until(timeout, () -> !isAlive());
    }

    /** Dismisses the watchdog, which leaves the server and its directory as they are. */
    void release() {
        try (commands;
                answers) {
            commands.write("RELEASE\n");
            commands.flush();
            watchdog.waitFor();
        } catch (IOException ex) {
            watchdog.destroyForcibly();
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    long pid() {
        return pid;
    }

    private void command(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
            answer();
        } catch (IOException ex) {
            throw new IllegalStateException("The watchdog of " + name + " is gone", ex);
        }
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("No answer from the watchdog of " + name);
        }
        return line;
    }

    private static String readWatchdog() {
        try (InputStream script = ServerProcess.class.getResourceAsStream("watchdog.sh")) {
            if (script == null) {
                throw new IllegalStateException("watchdog.sh is missing beside " + ServerProcess.class.getName());
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** The signals that servers are told to end with. */
    enum Signal {
        TERM,
        INT,
        QUIT,
        KILL
    }
}
