package io.github.resilientkafka.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What runs on this machine. */
final class Processes {

    private Processes() {}

    /** The processes that work in a directory or have it in their command line. */
    static List<String> of(Path directory) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> pid != ProcessHandle.current().pid())
                .map(pid -> describe(Path.of("/proc", pid.toString())))
                .filter(description -> description.contains(directory.toString()))
                .toList();
    }

    private static String describe(Path process) {
        StringBuilder description = new StringBuilder(process.toString());
        try {
            description.append(" cwd=").append(Files.readSymbolicLink(process.resolve("cwd")));
        } catch (IOException ex) {
            // It is gone, or somebody else's.
        }
        try {
            String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
            description.append(" command=").append(line.replace('\0', ' '));
        } catch (IOException ex) {
            // It is gone.
        }
        return description.toString();
    }
}
