package io.github.resilientkafka.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;

/**
 * The user that PostgreSQL runs as: this JVM's, unless that is root, whom PostgreSQL refuses. For root it is
 * {@code nobody}, or root in a user namespace of its own, in which it has another number.
 *
 * @param prefix the start of a command line that becomes this user
 */
record PostgresAccount(List<String> prefix) {

    private static final List<String> NOBODY =
            List.of("setpriv", "--reuid", "nobody", "--regid", "65534", "--clear-groups", "--");
    private static final List<String> NAMESPACE = List.of("unshare", "--user", "--");

    /** Runs {@code postgres --version} where it has to run, if it may write there. */
    private static final String TRIAL = "test -w \"$1\" && cd \"$1\" && exec \"$2\" --version";

    /**
     * Finds a user that can run a program and write to a directory, and gives it the directory.
     *
     * @throws IllegalStateException if there is none; the message says what was tried
     */
    static PostgresAccount choose(Path postgres, Path directory) {
        try {
            if (!Files.getAttribute(directory, "unix:uid").equals(0)) {
                return new PostgresAccount(List.of());
            }
            UserPrincipal root = Files.getOwner(directory);
            StringBuilder failures = new StringBuilder();
            if (give(directory, "nobody") && works(NOBODY, postgres, directory, failures)) {
                return new PostgresAccount(NOBODY);
            }
            Files.setOwner(directory, root);
            if (works(NAMESPACE, postgres, directory, failures)) {
                return new PostgresAccount(NAMESPACE);
            }
            throw new IllegalStateException("PostgreSQL does not run as root, and neither of these became another user "
                    + "who may use " + directory + " and " + postgres + ":" + failures);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private static boolean give(Path directory, String user) throws IOException {
        try {
            Files.setOwner(
                    directory,
                    directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
            return true;
        } catch (UserPrincipalNotFoundException ex) {
            return false;
        }
    }

    private static boolean works(List<String> prefix, Path postgres, Path directory, StringBuilder failures) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of("sh", "-c", TRIAL, "sh", directory.toString(), postgres.toString()));
        String output;
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() == 0) {
                return true;
            }
        } catch (IOException ex) {
            output = String.valueOf(ex.getMessage());
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while starting PostgreSQL", ex);
        }
        failures.append(System.lineSeparator())
                .append(String.join(" ", prefix))
                .append(": ")
                .append(output.trim());
        return false;
    }
}
