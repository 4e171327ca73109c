package io.github.resilientkafka.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The directories that servers live in. */
final class Directories {

    private Directories() {}

    /** Creates a temporary directory that other users can pass through but not list. */
    static Path createTemporary(String prefix) {
        return createTemporary(null, prefix);
    }

    /** Creates such a directory in another one, or where temporary files are if that is {@code null}. */
    static Path createTemporary(@Nullable Path parent, String prefix) {
        try {
            Path directory =
                    (parent == null) ? Files.createTempDirectory(prefix) : Files.createTempDirectory(parent, prefix);
            return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Creates a directory, unless it is there. */
    static Path create(Path directory) {
        try {
            return Files.createDirectories(directory);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Writes a small file and returns its path. */
    static Path write(Path file, String content) {
        try {
            return Files.writeString(file, content);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Deletes a directory and what is in it, following no links. */
    static void delete(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (NoSuchFileException ex) {
            // Nothing to delete.
        } catch (IOException ex) {
            throw new UncheckedIOException("Cannot delete " + directory, ex);
        }
    }
}
