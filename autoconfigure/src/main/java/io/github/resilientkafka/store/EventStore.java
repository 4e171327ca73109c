package io.github.resilientkafka.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * The hot side of {@code failed_kafka_events} and {@code kafka_lane}: store, lease, read, settle. Internal: applications
 * use {@code FailedEventRetryService}.
 * <p>
 * All methods are safe for use by several threads, take a connection only for their own duration, are bounded in time by
 * the connection's network time-out, and throw {@link org.springframework.dao.DataAccessException} when the database
 * cannot do it. Instants that decide what is due come from the caller's clock; leases use the database's.
 */
public interface EventStore {

    /**
     * How many lanes events are spread over.
     */
    int LANES = 64;

    /**
     * Writes rows in one commit, in the order given; ids ascend in that order. A row that is there already is skipped.
     * @param events the rows
     */
    void save(List<FailedEvent> events);

    /**
     * Does the same with rows that can't be there, as nobody has tried to write them: a database may spare itself to look.
     * @param events the rows
     */
    void saveNew(List<FailedEvent> events);

    /**
     * Leases lanes that are free, or whose lease has expired, and that have due rows of the given status.
     * @param owner the worker's unique name
     * @param status PENDING or DLQ_FAILED
     * @param dueAt rows are due when their next attempt is not later than this
     * @param maxLanes how many lanes at most
     * @param lease how long, by the database's clock
     * @return the leased lanes, empty if there is nothing to do
     */
    List<LaneLease> lease(String owner, EventStatus status, Instant dueAt, int maxLanes, Duration lease);

    /**
     * Asks whoever holds many lanes to give some back, if lanes with due pending rows are held by others.
     * @param owner the worker's unique name
     * @param dueAt rows are due when their next attempt is not later than this
     * @return whether there are such lanes, so that it is worth trying {@link #lease} again soon
     */
    boolean askForLanes(String owner, Instant dueAt);

    /**
     * Returns whether somebody has asked for lanes within the last second, by the database's clock.
     * @return whether lanes are wanted
     */
    boolean lanesAreWanted();

    /**
     * Reads due rows of leased lanes, a share of each, in id order within each lane. Fewer than the limit does not mean
     * that there are no more: rows with large payloads come a few at a time, so that they fit into memory, and a lane
     * gives its share only. No row at all means that there are none.
     * @param leases the lanes
     * @param status PENDING or DLQ_FAILED
     * @param dueAt rows are due when their next attempt is not later than this
     * @param limit how many rows at most, over all lanes
     * @param without ids to leave out: rows in flight or held back
     * @param upTo the highest id to read
     * @return the rows, ordered by lane and id
     */
    List<StoredEvent> read(
            List<LaneLease> leases, EventStatus status, Instant dueAt, int limit, Collection<Long> without, long upTo);

    /**
     * Reads as {@link #read(List, EventStatus, Instant, int, Collection, long)}, whatever the id.
     * @param leases the lanes
     * @param status PENDING or DLQ_FAILED
     * @param dueAt rows are due when their next attempt is not later than this
     * @param limit how many rows at most, over all lanes
     * @param without ids to leave out
     * @return the rows, ordered by lane and id
     */
    default List<StoredEvent> read(
            List<LaneLease> leases, EventStatus status, Instant dueAt, int limit, Collection<Long> without) {
        return read(leases, status, dueAt, limit, without, Long.MAX_VALUE);
    }

    /**
     * Marks rows as resolved (or deletes them, when none are to be retained), renews the leases and adjusts the totals:
     * all or nothing, and nothing unless every lease is still the owner's.
     * @param owner the worker's unique name
     * @param leases every lane the rows belong to, and any others to be renewed
     * @param resolved the rows that Kafka has acknowledged, may be empty
     * @param now when they were resolved
     * @param lease how long the leases last from now on
     * @return false if any lease is no longer the owner's: nothing was changed
     */
    boolean settle(String owner, List<LaneLease> leases, List<StoredEvent> resolved, Instant now, Duration lease);

    /**
     * Notes what became of rows whose retry failed, under the same condition as {@link #settle}.
     * @param owner the worker's unique name
     * @param leases every lane the rows belong to
     * @param attempts what became of the rows
     * @param now when that was
     * @param lease how long the leases last from now on
     * @return false if any lease is no longer the owner's: nothing was changed
     */
    boolean settleFailures(
            String owner, List<LaneLease> leases, List<FailedAttempt> attempts, Instant now, Duration lease);

    /**
     * Returns those of the leases that are still the owner's.
     * @param owner the worker's unique name
     * @param leases the leases to look at
     * @return the ones still owned, not expired
     */
    List<LaneLease> stillOwned(String owner, List<LaneLease> leases);

    /**
     * Gives lanes back, so that others need not wait until the leases expire. Lanes taken over meanwhile are left alone.
     * @param owner the worker's unique name
     * @param leases the lanes
     */
    void release(String owner, List<LaneLease> leases);

    /**
     * Returns which lanes have pending rows that an outage brought here: their events come before any newer ones.
     * @param lanes the lanes asked for
     * @return one entry for each lane that has such rows
     */
    List<LaneBacklog> backlog(Collection<Integer> lanes);

    /**
     * Moves the lanes' marks up to what has been drained, so that later searches need not begin at a lane's first row
     * ever. A mark never passes a pending row, nor one that may still become visible. Does nothing unless it is time for
     * another step; two steps are needed for a row to be passed.
     * @param progress what a worker has settled
     */
    default void advance(DrainProgress progress) {}

    /**
     * Moves a lane's mark back to before its first pending row: somebody may have changed rows by hand.
     * @param lane the lane
     */
    default void recheck(int lane) {}

    /**
     * Checks that the database answers and the table is there.
     */
    void ping();
}
