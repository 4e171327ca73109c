package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The store in H2: plain statements, and a transaction where several belong together.
 */
final class H2EventStore extends JdbcEventStore {

    H2EventStore(JdbcSession session, StoreScope scope, boolean retain) {
        super(session, scope, retain);
    }

    @Override
    public void saveNew(List<FailedEvent> events) {
        save(events);
    }

    @Override
    public void save(List<FailedEvent> events) {
        this.session.inTransaction("store events", connection -> {
            try (PreparedStatement statement = prepare(connection, H2Sql.SAVE)) {
                for (FailedEvent event : events) {
                    bind(
                            statement,
                            event.rowId(),
                            event.eventId(),
                            this.scope.number(),
                            this.scope.namespace(),
                            this.scope.channel(),
                            event.lane(),
                            event.topic(),
                            event.partition(),
                            event.timestamp(),
                            event.key(),
                            StoredText.cleanOrNull(event.keyText(), StoredText.KEY_LENGTH),
                            event.payload(),
                            event.headers(),
                            StoredText.clean(event.eventType(), StoredText.TYPE_LENGTH),
                            event.failureKind().name(),
                            timestamp(event.nextAttemptAt()),
                            StoredText.clean(event.errorType(), StoredText.TYPE_LENGTH),
                            StoredText.cleanOrNull(event.errorMessage(), StoredText.MESSAGE_LENGTH),
                            timestamp(event.createdAt()),
                            timestamp(event.createdAt()),
                            event.eventId(),
                            event.rowId());
                    statement.addBatch();
                }
                return statement.executeBatch().length;
            }
        });
    }

    @Override
    public List<LaneLease> lease(String owner, EventStatus status, Instant dueAt, int maxLanes, Duration lease) {
        return this.session.run("lease lanes", connection -> {
            List<LaneLease> leased = new ArrayList<>();
            try (PreparedStatement statement = prepare(connection, H2Sql.LEASABLE)) {
                bind(statement, namespace(), channel(), waiting(status), timestamp(dueAt), maxLanes);
                for (LaneLease free : leases(statement.executeQuery())) {
                    // Each by itself: whoever changes the epoch first has the lane.
                    if (update(
                                    connection,
                                    H2Sql.LEASE,
                                    owner,
                                    lease.toMillis(),
                                    namespace(),
                                    channel(),
                                    free.lane(),
                                    free.epoch())
                            == 1) {
                        leased.add(new LaneLease(free.lane(), free.epoch() + 1));
                    }
                }
            }
            return leased;
        });
    }

    @Override
    public boolean askForLanes(String owner, Instant dueAt) {
        return this.session.run("ask for lanes", connection -> {
            try (PreparedStatement statement = prepare(connection, H2Sql.HELD_BY_OTHERS)) {
                bind(statement, namespace(), channel(), owner, timestamp(dueAt));
                ResultSet held = statement.executeQuery();
                return held.next() && update(connection, H2Sql.ASK, namespace(), channel(), held.getInt("lane")) == 1;
            }
        });
    }

    @Override
    public boolean lanesAreWanted() {
        return this.session.run("look whether lanes are wanted", connection -> {
            try (PreparedStatement statement = prepare(connection, H2Sql.WANTED)) {
                bind(statement, namespace(), channel());
                return statement.executeQuery().next();
            }
        });
    }

    @Override
    public List<StoredEvent> read(
            List<LaneLease> leases, EventStatus status, Instant dueAt, int limit, Collection<Long> without, long upTo) {
        Long[] left = without.toArray(Long[]::new);
        List<Integer> lanes = leases.stream().map(LaneLease::lane).sorted().toList();
        return this.session.run("read events", connection -> {
            List<StoredEvent> events = new ArrayList<>();
            try (PreparedStatement statement = prepare(connection, H2Sql.READ.replace("{columns}", COLUMNS))) {
                for (int lane : lanes) {
                    int share = Math.min(share(limit, lanes.size()), limit - events.size());
                    bind(statement, namespace(), channel(), waiting(status), lane, timestamp(dueAt), left, upTo, share);
                    ResultSet rows = statement.executeQuery();
                    for (long bytes = READ_BYTES / lanes.size(); bytes > 0 && rows.next(); ) {
                        StoredEvent event = storedEvent(rows);
                        events.add(event);
                        bytes -= event.payload() == null ? 0 : event.payload().length;
                    }
                }
            }
            return events;
        });
    }

    @Override
    public List<LaneBacklog> backlog(Collection<Integer> lanes) {
        return this.session.run("look for pending events", connection -> {
            List<LaneBacklog> backlogs = new ArrayList<>();
            try (PreparedStatement statement = prepare(connection, H2Sql.BACKLOG)) {
                for (int lane : lanes) {
                    bind(statement, namespace(), channel(), lane);
                    backlogs.addAll(backlogs(statement.executeQuery()));
                }
            }
            return backlogs;
        });
    }

    @Override
    public boolean settle(
            String owner, List<LaneLease> leases, List<StoredEvent> resolved, Instant now, Duration lease) {
        return fenced("settle events", owner, leases, lease, connection -> {
            Totals totals = new Totals();
            for (StoredEvent event : resolved) {
                int changed = this.retain
                        ? update(connection, H2Sql.RESOLVE, timestamp(now), timestamp(now), event.id())
                        : update(connection, H2Sql.DELETE, event.id());
                if (this.retain) {
                    totals.add(event.lane(), EventStatus.RESOLVED, changed);
                }
            }
            count(connection, totals);
        });
    }

    @Override
    public boolean settleFailures(
            String owner, List<LaneLease> leases, List<FailedAttempt> attempts, Instant now, Duration lease) {
        return fenced("settle failed events", owner, leases, lease, connection -> {
            Totals totals = new Totals();
            for (FailedAttempt attempt : attempts) {
                int changed = update(
                        connection,
                        H2Sql.FAIL,
                        attempt.to().name(),
                        attempt.attempts(),
                        timestamp(attempt.nextAttemptAt()),
                        attempt.failureKind().name(),
                        StoredText.clean(attempt.errorType(), StoredText.TYPE_LENGTH),
                        StoredText.cleanOrNull(attempt.errorMessage(), StoredText.MESSAGE_LENGTH),
                        timestamp(now),
                        attempt.to() == EventStatus.DLQ ? timestamp(now) : null,
                        attempt.id(),
                        attempt.from().name(),
                        attempt.attemptsBefore());
                totals.add(attempt.lane(), attempt.to(), changed);
                totals.add(attempt.lane(), attempt.from(), -changed);
            }
            count(connection, totals);
        });
    }

    @Override
    public List<LaneLease> stillOwned(String owner, List<LaneLease> leases) {
        return this.session.run("check leases", connection -> {
            try (PreparedStatement statement = prepare(connection, H2Sql.STILL_OWNED)) {
                bind(statement, namespace(), channel(), owner);
                List<LaneLease> owned = leases(statement.executeQuery());
                owned.retainAll(leases);
                return owned;
            }
        });
    }

    @Override
    public void release(String owner, List<LaneLease> leases) {
        this.session.run("release lanes", connection -> {
            for (LaneLease lease : leases) {
                update(connection, H2Sql.RELEASE, namespace(), channel(), lease.lane(), lease.epoch(), owner);
            }
            return true;
        });
    }

    /** Renews the leases, which locks them, and does the work if all were the owner's. */
    private boolean fenced(String task, String owner, List<LaneLease> leases, Duration lease, Settlement settlement) {
        return this.session.inTransaction(task, connection -> {
            for (LaneLease owned : inOrder(leases)) {
                long millis = lease.toMillis();
                if (update(connection, H2Sql.RENEW, millis, namespace(), channel(), owned.lane(), owned.epoch(), owner)
                        == 0) {
                    connection.rollback();
                    return false;
                }
            }
            settlement.on(connection);
            return true;
        });
    }

    /** Always the same order, so that two transactions never wait for each other. */
    private static List<LaneLease> inOrder(List<LaneLease> leases) {
        return leases.stream()
                .sorted((a, b) -> Integer.compare(a.lane(), b.lane()))
                .toList();
    }

    private void count(Connection connection, Totals totals) throws SQLException {
        for (Map.Entry<Integer, int[]> lane : totals.lanes.entrySet()) {
            int[] rows = lane.getValue();
            update(
                    connection,
                    H2Sql.COUNT,
                    rows[EventStatus.RESOLVED.ordinal()],
                    rows[EventStatus.DLQ.ordinal()],
                    rows[EventStatus.DLQ_FAILED.ordinal()],
                    namespace(),
                    channel(),
                    lane.getKey());
        }
    }

    private int update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql)) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        return connection.prepareStatement(this.scope.sql(sql));
    }

    private static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    private String namespace() {
        return this.scope.namespace();
    }

    private String channel() {
        return this.scope.channel();
    }

    /** What is done while all leases are locked and the owner's. */
    @FunctionalInterface
    private interface Settlement {

        void on(Connection connection) throws SQLException;
    }

    /** How many rows more, or less, of each status a lane has. */
    private static final class Totals {

        private final Map<Integer, int[]> lanes = new TreeMap<>();

        private void add(int lane, EventStatus status, int rows) {
            this.lanes.computeIfAbsent(lane, key -> new int[EventStatus.values().length])[status.ordinal()] += rows;
        }
    }
}
