package io.github.resilientkafka.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The administrative side of {@code failed_kafka_events}: count, look, retry, discard, purge. Internal: applications use
 * {@code FailedEventRetryService} and the {@code kafkaevents} endpoint.
 * <p>
 * Safe for use by several threads; throws {@link org.springframework.dao.DataAccessException} when the database cannot
 * do it. Sees only rows of its own namespace and channel.
 */
public interface FailedEvents {

    /**
     * How many rows of one event are returned at most.
     */
    int MAX_ROWS_OF_AN_EVENT = 100;

    /**
     * Counts the rows. Takes milliseconds whatever the size of the table.
     * @return the figures
     */
    RetryStats stats();

    /**
     * Returns a page of rows, newest first, without payload.
     * @param filter which rows
     * @param beforeId only rows with a smaller id (the last one of the page before), or null for the first page
     * @param limit how many at most
     * @return the rows
     */
    List<FailedEventView> page(Filter filter, @Nullable Long beforeId, int limit);

    /**
     * Returns one row, payload included.
     * @param id its id
     * @return the row, or empty
     */
    Optional<FailedEventView> find(long id);

    /**
     * Returns the rows of one event, newest first, without payload: usually one, at most {@link #MAX_ROWS_OF_AN_EVENT}.
     * @param eventId the event's id
     * @return the rows, of any status
     */
    List<FailedEventView> findByEventId(UUID eventId);

    /**
     * Makes a row due now, with its attempts back at zero: a pending one, or one that was dead-lettered.
     * @param id its id
     * @param now the time
     * @return whether there was such a row
     */
    boolean retry(long id, Instant now);

    /**
     * Deletes a row that is not resolved: the event is given up.
     * @param id its id
     * @return whether there was such a row
     */
    boolean discard(long id);

    /**
     * Deletes rows that were dead-lettered before an instant, the oldest first, a bounded number of them.
     * @param settledBefore the instant
     * @param limit how many at most
     * @return how many were found; as many as the limit means there may be more
     */
    int purgeDeadLetters(Instant settledBefore, int limit);

    /**
     * Looks at a bounded number of rows in the order of their ids, and deletes those that were resolved before an instant.
     * @param settledBefore the instant
     * @param afterId looks at rows with larger ids, whoever's they are
     * @param limit how many to look at
     * @return what was deleted, and where to go on
     */
    PurgeStep purgeResolved(Instant settledBefore, long afterId, int limit);

    /**
     * A step on the way along the rows.
     *
     * @param purged how many rows were deleted
     * @param lastId up to here all rows are older than the instant, or were looked at; where the next step begins
     * @param more false if the next rows are younger than the instant, or there are none: nothing to purge there yet
     */
    record PurgeStep(int purged, long lastId, boolean more) {}

    /**
     * Which rows to show; null means any.
     *
     * @param topic exact topic
     * @param status exact status
     * @param createdBefore published before
     * @param createdAfter published at or after
     * @param keyText exact key, as text
     * @param eventId exact event id
     */
    record Filter(
            @Nullable String topic,
            @Nullable EventStatus status,
            @Nullable Instant createdBefore,
            @Nullable Instant createdAfter,
            @Nullable String keyText,
            @Nullable UUID eventId) {}
}
