package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the administrative sides of all databases share: everything but the statistics.
 * <p>
 * Totals in {@code kafka_lane} change in the transaction that changes the rows. Where a row that a worker may be settling
 * is changed together with its lane, the lane is locked first, as the worker does.
 * <p>
 * Rows that are named by id are found by it alone: where their status is compared, it is hidden from the planner
 * ({@code status || ''}), which would else prefer the index of that status while its statistics know of no such row.
 */
abstract class JdbcFailedEvents implements FailedEvents {

    /**
     * Up to so many pending rows are counted exactly.
     */
    static final int EXACT_UP_TO = 10_000;

    private static final String VIEW = """
            select id, event_id, topic, partition_no, key_text, event_type, status, failure_kind, attempts, error_type,
                   error_message, created_at, next_attempt_at, resolved_at, octet_length(payload) as payload_bytes,
                   headers, {payload} as payload
              from {events}
             where namespace = ? and channel = ?""";

    private static final int TRIES = 3;

    final JdbcSession session;

    final StoreScope scope;

    JdbcFailedEvents(JdbcSession session, StoreScope scope) {
        this.session = session;
        this.scope = scope;
    }

    @Override
    public List<FailedEventView> page(Filter filter, @Nullable Long beforeId, int limit) {
        Conditions conditions = new Conditions()
                .add(" and topic = ?", filter.topic())
                .add(" and created_at < ?", timestamp(filter.createdBefore()))
                .add(" and created_at >= ?", timestamp(filter.createdAfter()))
                .add(" and key_text = ?", StoredText.cleanOrNull(filter.keyText(), StoredText.KEY_LENGTH))
                .add(" and event_id = ?", filter.eventId());
        EventStatus status = filter.status();
        long before = (beforeId != null) ? beforeId : Long.MAX_VALUE;
        if (filter.eventId() != null) {
            return ofOneEvent(status, conditions, before, limit);
        }
        return status == EventStatus.PENDING || status == EventStatus.DLQ_FAILED
                ? newestWaiting(status, conditions, before, limit)
                : newest(status, conditions, before, limit);
    }

    /**
     * Returns the newest rows of those that wait.
     */
    List<FailedEventView> newestWaiting(EventStatus status, Conditions conditions, long beforeId, int limit) {
        return newest(status, conditions, beforeId, limit);
    }

    private List<FailedEventView> newest(
            @Nullable EventStatus status, Conditions conditions, long beforeId, int limit) {
        conditions.add(" and id < ?", beforeId);
        return view(
                "null",
                conditions.sql()
                        + (status == null ? "" : " and status = '" + status + "'")
                        + " order by id desc fetch first " + limit + " rows only",
                conditions.values());
    }

    /**
     * Neither ordered nor limited by the database, which could then prefer to walk through the whole primary key; nor told
     * the status, as there is an index of all rows that have it.
     */
    private List<FailedEventView> ofOneEvent(
            @Nullable EventStatus status, Conditions conditions, long beforeId, int limit) {
        return view("null", conditions.sql(), conditions.values()).stream()
                .filter(row -> (status == null || row.status() == status) && row.id() < beforeId)
                .sorted(Comparator.comparingLong(FailedEventView::id).reversed())
                .limit(limit)
                .toList();
    }

    @Override
    public Optional<FailedEventView> find(long id) {
        return view("payload", " and id = ?", List.of(id)).stream().findFirst();
    }

    @Override
    public List<FailedEventView> findByEventId(UUID eventId) {
        Conditions conditions = new Conditions().add(" and event_id = ?", eventId);
        return ofOneEvent(null, conditions, Long.MAX_VALUE, MAX_ROWS_OF_AN_EVENT);
    }

    /**
     * One that is due keeps its time: due later than its successors, by whatever clock, it would be overtaken.
     */
    @Override
    public boolean retry(long id, Instant now) {
        return change(id, "retry an event", (connection, status) -> {
            String sql = """
                    update {events}
                       set status = 'PENDING', attempts = 0, updated_at = ?, resolved_at = null,
                           next_attempt_at = case status when 'PENDING' then least(next_attempt_at, ?) else ? end
                     where id = ? and status || '' = ?""";
            OffsetDateTime time = timestamp(now);
            int changed = update(connection, sql, time, time, time, id, status.name());
            if (changed == 1 && status != EventStatus.PENDING) {
                pendingAgain(connection, id);
            }
            return changed;
        });
    }

    /**
     * Sees to it that a row is found which waits again; its lane is locked.
     */
    void pendingAgain(Connection connection, long id) throws SQLException {}

    @Override
    public boolean discard(long id) {
        return change(id, "discard an event", (connection, status) -> {
            return update(connection, "delete from {events} where id = ? and status || '' = ?", id, status.name());
        });
    }

    @Override
    public int purgeDeadLetters(Instant settledBefore, int limit) {
        return new JdbcPurge(this).deadLetters(settledBefore, limit);
    }

    @Override
    public PurgeStep purgeResolved(Instant settledBefore, long afterId, int limit) {
        return new JdbcPurge(this).resolved(settledBefore, afterId, limit);
    }

    /**
     * Changes one row that is not resolved, and its lane's totals with it.
     */
    private boolean change(long id, String task, Change change) {
        return this.session.inTransaction(task, connection -> {
            for (int i = 0; i < TRIES; i++) {
                Position position = position(connection, id);
                if (position == null || position.status() == EventStatus.RESOLVED) {
                    return false;
                }
                if (position.status() != EventStatus.PENDING) {
                    lock(connection, position.lane());
                }
                if (change.of(connection, position.status()) == 1) {
                    if (position.status() != EventStatus.PENDING) {
                        subtract(connection, position.status(), position.lane(), 1);
                    }
                    return true;
                }
            }
            return false;
        });
    }

    private @Nullable Position position(Connection connection, long id) throws SQLException {
        String sql = "select lane, status from {events} where id = ? and namespace = ? and channel = ?";
        try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(sql))) {
            bind(statement, id, this.scope.namespace(), this.scope.channel());
            ResultSet row = statement.executeQuery();
            return row.next() ? new Position(row.getInt("lane"), EventStatus.valueOf(row.getString("status"))) : null;
        }
    }

    void lock(Connection connection, int lane) throws SQLException {
        String sql = "select lane from {lanes} where namespace = ? and channel = ? and lane = ? for update";
        try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(sql))) {
            bind(statement, this.scope.namespace(), this.scope.channel(), lane);
            statement.executeQuery();
        }
    }

    void subtract(Connection connection, EventStatus status, int lane, int rows) throws SQLException {
        String total = status.name().toLowerCase(java.util.Locale.ROOT);
        String sql = "update {lanes} set " + total + " = greatest(0, " + total
                + " - ?) where namespace = ? and channel = ? and lane = ?";
        update(connection, sql, rows, this.scope.namespace(), this.scope.channel(), lane);
    }

    List<FailedEventView> view(String payload, String conditions, List<Object> values) {
        String sql = this.scope.sql(VIEW.replace("{payload}", payload) + conditions);
        return this.session.run("look at events", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, this.scope.namespace());
                statement.setString(2, this.scope.channel());
                for (int i = 0; i < values.size(); i++) {
                    statement.setObject(i + 3, values.get(i));
                }
                List<FailedEventView> views = new ArrayList<>();
                ResultSet rows = statement.executeQuery();
                while (rows.next()) {
                    views.add(eventView(rows));
                }
                return views;
            }
        });
    }

    int update(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(sql))) {
            bind(statement, values);
            return statement.executeUpdate();
        }
    }

    static void bind(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    private static FailedEventView eventView(ResultSet row) throws SQLException {
        EventStatus status = EventStatus.valueOf(row.getString("status"));
        boolean waits = status == EventStatus.PENDING || status == EventStatus.DLQ_FAILED;
        return new FailedEventView(
                row.getLong("id"),
                row.getObject("event_id", UUID.class),
                row.getString("topic"),
                row.getObject("partition_no", Integer.class),
                row.getString("key_text"),
                row.getString("event_type"),
                status,
                FailureKind.valueOf(row.getString("failure_kind")),
                row.getInt("attempts"),
                row.getString("error_type"),
                row.getString("error_message"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                waits ? instant(row, "next_attempt_at") : null,
                instant(row, "resolved_at"),
                row.getLong("payload_bytes"),
                row.getBytes("payload"),
                row.getString("headers"));
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    private static @Nullable OffsetDateTime timestamp(@Nullable Instant instant) {
        return instant == null ? null : JdbcEventStore.timestamp(instant);
    }

    /** Where a row stands. */
    private record Position(int lane, EventStatus status) {}

    /** What to do with a row that has the given status; returns how many rows that were. */
    @FunctionalInterface
    private interface Change {

        int of(Connection connection, EventStatus status) throws SQLException;
    }

    /** Conditions of a filter, those without a value left out. */
    static final class Conditions {

        private final StringBuilder sql = new StringBuilder();

        private final List<Object> values = new ArrayList<>();

        Conditions add(String condition, @Nullable Object value) {
            if (value != null) {
                this.sql.append(condition);
                this.values.add(value);
            }
            return this;
        }

        String sql() {
            return this.sql.toString();
        }

        List<Object> values() {
            return this.values;
        }
    }
}
