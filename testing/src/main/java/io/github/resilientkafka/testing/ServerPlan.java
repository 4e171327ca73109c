package io.github.resilientkafka.testing;

import io.github.resilientkafka.testing.ServerProcess.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What is to be run, and how.
 *
 * @param name what to call the server in messages
 * @param command the program and its arguments
 * @param directory a directory for this server alone, in which its log is written
 * @param temporary whether the directory goes with the server
 * @param stop the signal that makes the server stop as it should
 * @param farewell the signal that ends it before its directory is deleted
 * @param readiness how to know that it serves requests
 * @param startTimeout how long that may take
 */
record ServerPlan(
        String name,
        List<String> command,
        Path directory,
        boolean temporary,
        Signal stop,
        Signal farewell,
        Readiness readiness,
        Duration startTimeout) {

    Path log() {
        return directory.resolve("server.log");
    }
}
