package io.github.resilientkafka.store;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows whose events were dead-lettered, a chunk at a time in the order of their ids: look at them, or make them pending
 * again. Internal: applications use {@code FailedEventRetryService}.
 * <p>
 * Safe for use by several threads, and by several instances at once: whoever comes second finds the rows changed and
 * leaves them alone. Throws {@link org.springframework.dao.DataAccessException} when the database cannot do it.
 */
public interface DeadLetterRows {

    /**
     * Looks at the next rows; changes nothing.
     * @param selection which rows
     * @param afterId only rows with a greater id
     * @param limit how many rows of the topic to look at, at most
     * @return what was there
     */
    Sight look(Selection selection, long afterId, int limit);

    /**
     * Makes the next rows pending and due, with their attempts back at zero, and takes them from the totals of their
     * lanes: all or nothing.
     * @param selection which rows
     * @param afterId only rows with a greater id
     * @param scan how many rows of the topic to look at, at most
     * @param limit how many of them to change at most
     * @param now the time, when they are due
     * @return what was done
     */
    Chunk replay(Selection selection, long afterId, int scan, int limit, Instant now);

    /**
     * Which dead letters.
     *
     * @param topic the topic they were meant for
     * @param from dead-lettered at or after, or null
     * @param before dead-lettered before
     * @param keyText exact key, as text, or null
     */
    record Selection(
            String topic,
            @Nullable Instant from,
            Instant before,
            @Nullable String keyText) {}

    /**
     * What a look has shown.
     *
     * @param selected ids of the rows that are selected, ascending
     * @param lastId where the next look begins
     * @param end whether there are no more rows
     */
    record Sight(List<Long> selected, long lastId, boolean end) {}

    /**
     * What a replay has done.
     *
     * @param replayed how many rows are pending again
     * @param lastId where the next chunk begins
     * @param end whether there are no more rows
     */
    record Chunk(int replayed, long lastId, boolean end) {}
}
