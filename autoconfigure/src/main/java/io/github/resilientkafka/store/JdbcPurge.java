package io.github.resilientkafka.store;

import io.github.resilientkafka.store.FailedEvents.PurgeStep;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Deletes settled rows. Dead letters are found by an index of theirs. Acknowledged rows are not: an entry in an index for
 * each row that is settled would make every drain slower, and ids ascend with age anyway.
 */
final class JdbcPurge {

    private static final String OLD_DEAD_LETTERS = """
            select id, lane
              from {events}
             where namespace = ? and channel = ? and status = 'DLQ' and resolved_at < ?
             order by resolved_at
             fetch first {limit} rows only""";

    /** Nothing but the primary key serves this, whatever the statistics say. */
    private static final String NEXT_ROWS = """
            select id, lane, created_at < ? as old,
                   status = 'RESOLVED' and namespace = ? and channel = ? and resolved_at < ? as purgeable
              from {events}
             where id > ?
             order by id
             fetch first {limit} rows only""";

    private final JdbcFailedEvents events;

    JdbcPurge(JdbcFailedEvents events) {
        this.events = events;
    }

    int deadLetters(Instant settledBefore, int limit) {
        OffsetDateTime before = JdbcEventStore.timestamp(settledBefore);
        return this.events.session.inTransaction("purge dead letters", connection -> {
            Map<Long, Integer> found = rows(
                    connection,
                    OLD_DEAD_LETTERS.replace("{limit}", "" + limit),
                    this.events.scope.namespace(),
                    this.events.scope.channel(),
                    before);
            delete(connection, EventStatus.DLQ, found);
            return found.size();
        });
    }

    PurgeStep resolved(Instant settledBefore, long afterId, int limit) {
        OffsetDateTime before = JdbcEventStore.timestamp(settledBefore);
        return this.events.session.inTransaction("purge events", connection -> {
            int seen = 0;
            long lastId = afterId;
            Map<Long, Integer> purgeable = new HashMap<>();
            try (PreparedStatement statement = prepare(connection, NEXT_ROWS.replace("{limit}", "" + limit))) {
                JdbcFailedEvents.bind(
                        statement, before, this.events.scope.namespace(), this.events.scope.channel(), before, afterId);
                for (ResultSet row = statement.executeQuery(); row.next(); seen++) {
                    if (row.getBoolean("old")) {
                        lastId = row.getLong("id");
                    }
                    if (row.getBoolean("purgeable")) {
                        purgeable.put(row.getLong("id"), row.getInt("lane"));
                    }
                }
            }
            return new PurgeStep(
                    delete(connection, EventStatus.RESOLVED, purgeable), lastId, seen == limit && lastId > afterId);
        });
    }

    /** Lanes first, in order, then rows, as whoever settles does. */
    private int delete(Connection connection, EventStatus status, Map<Long, Integer> laneOfRow) throws SQLException {
        if (laneOfRow.isEmpty()) {
            return 0;
        }
        for (int lane : new TreeSet<>(laneOfRow.values())) {
            this.events.lock(connection, lane);
        }
        Map<Long, Integer> locked = rows(
                connection,
                "select id, lane from {events} where id = any(?) and status || '' = '" + status
                        + "' for update skip locked",
                (Object) laneOfRow.keySet().toArray(Long[]::new));
        this.events.update(connection, "delete from {events} where id = any(?)", (Object)
                locked.keySet().toArray(Long[]::new));
        Map<Integer, Integer> lanes = new TreeMap<>();
        locked.values().forEach(lane -> lanes.merge(lane, 1, Integer::sum));
        for (Map.Entry<Integer, Integer> lane : lanes.entrySet()) {
            this.events.subtract(connection, status, lane.getKey(), lane.getValue());
        }
        return locked.size();
    }

    private Map<Long, Integer> rows(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        Map<Long, Integer> laneOfRow = new HashMap<>();
        try (PreparedStatement statement = prepare(connection, sql)) {
            JdbcFailedEvents.bind(statement, values);
            ResultSet rows = statement.executeQuery();
            while (rows.next()) {
                laneOfRow.put(rows.getLong("id"), rows.getInt("lane"));
            }
        }
        return laneOfRow;
    }

    private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
        return connection.prepareStatement(this.events.scope.sql(sql));
    }
}
