package io.github.resilientkafka.testing;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks a tar archive of plain files, directories and symbolic links, which is all that PostgreSQL's binaries come
 * as. (Commons Compress would do, if the Kafka server did not bring a version of Commons IO that is too old for it.)
 */
final class TarArchive {

    private static final int BLOCK = 512;

    private final InputStream in;
    private final Path target;

    private TarArchive(InputStream in, Path target) {
        this.in = in;
        this.target = target;
    }

    /**
     * Unpacks an archive that is compressed with xz.
     *
     * @throws NoClassDefFoundError if the library {@code org.tukaani:xz} is missing
     */
    static void unpackXz(InputStream in, Path target) throws IOException {
        unpack(new XZInputStream(new BufferedInputStream(in)), target);
    }

    /** Unpacks an archive into a directory that exists. */
    static void unpack(InputStream in, Path target) throws IOException {
        TarArchive archive = new TarArchive(in, target);
        byte[] header = in.readNBytes(BLOCK);
        while (header.length == BLOCK && header[0] != 0) {
            archive.unpackEntry(header);
            header = in.readNBytes(BLOCK);
        }
        in.transferTo(OutputStream.nullOutputStream());
    }

    private void unpackEntry(byte[] header) throws IOException {
        String prefix = text(header, 257, 8).equals("ustar") ? text(header, 345, 155) : "";
        String name = (prefix.isEmpty() ? "" : prefix + "/") + text(header, 0, 100);
        Path file = target.resolve(name).normalize();
        if (!file.startsWith(target)) {
            throw new IOException("The archive has a path outside itself: " + name);
        }
        switch (header[156]) {
            case '5' -> Files.createDirectories(file);
            case '2' -> {
                Files.createDirectories(file.getParent());
                Files.createSymbolicLink(file, Path.of(text(header, 157, 100)));
            }
            case '0', 0 -> {
                Files.createDirectories(file.getParent());
                copy(file, number(header, 124, 12));
                boolean program = (number(header, 100, 8) & 0100) != 0;
                Files.setPosixFilePermissions(
                        file, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
            }
            default -> throw new IOException("Cannot unpack " + name + ", of type " + (char) header[156]);
        }
    }

    private void copy(Path file, long size) throws IOException {
        byte[] buffer = new byte[64 * BLOCK];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long left = size; left > 0; ) {
                int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (count < 0) {
                    throw new EOFException("The archive ends within " + file);
                }
                out.write(buffer, 0, count);
                left -= count;
            }
        }
        in.skipNBytes(Math.floorMod(-size, (long) BLOCK));
    }

    private static String text(byte[] header, int start, int length) {
        String field = new String(header, start, length, StandardCharsets.UTF_8);
        int end = field.indexOf('\0');
        return (end < 0 ? field : field.substring(0, end)).trim();
    }

    private static long number(byte[] header, int start, int length) {
        String digits = text(header, start, length);
        return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    }
}
