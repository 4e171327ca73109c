package io.github.resilientkafka.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the group-commit writer is doing.
 *
 * @param available whether the database took the last batch, or answered since, and all threads run
 * @param queued events handed to the writer and not committed yet
 * @param stored events committed since the start
 * @param lost events given up since the start
 * @param lastError what the last error was, or null when it is available
 * @param threads the writer threads
 */
public record WriterStats(
        boolean available,
        long queued,
        long stored,
        long lost,
        @Nullable String lastError,
        List<WriterThread> threads) {

    /**
     * One writer thread.
     *
     * @param name its name
     * @param alive whether it runs
     * @param queued events that wait for it
     * @param batches commits since the start
     */
    public record WriterThread(String name, boolean alive, long queued, long batches) {}
}
