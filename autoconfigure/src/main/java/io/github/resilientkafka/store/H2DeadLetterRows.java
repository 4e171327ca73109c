package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Dead letters in H2: a chunk is one transaction.
 */
final class H2DeadLetterRows extends JdbcDeadLetterRows {

    private static final String LOCK =
            "select lane from {lanes} where namespace = ? and channel = ? and lane = ? for update";

    private static final String REPLAY = """
            update {events}
               set status = 'PENDING', attempts = 0, next_attempt_at = ?, updated_at = ?, resolved_at = null
             where id = ? and status = 'DLQ'""";

    private static final String COUNT = """
            update {lanes}
               set dlq = greatest(0, dlq - ?)
             where namespace = ? and channel = ? and lane = ?""";

    H2DeadLetterRows(JdbcSession session, StoreScope scope) {
        super(session, scope);
    }

    @Override
    public Chunk replay(Selection selection, long afterId, int scan, int limit, Instant now) {
        return this.session.inTransaction("replay dead letters", connection -> {
            List<Found> scanned = scan(connection, selection, afterId, scan);
            List<Found> chosen =
                    scanned.stream().filter(Found::selected).limit(limit).toList();
            boolean full = chosen.size() == limit;
            List<Found> passed = full ? chosen : scanned;
            return new Chunk(
                    replay(connection, chosen, JdbcEventStore.timestamp(now)),
                    passed.isEmpty() ? afterId : passed.get(passed.size() - 1).id(),
                    !full && scanned.size() < scan);
        });
    }

    private int replay(Connection connection, List<Found> rows, OffsetDateTime now) throws SQLException {
        Map<Integer, List<Found>> lanes =
                rows.stream().collect(Collectors.groupingBy(Found::lane, TreeMap::new, Collectors.toList()));
        for (int lane : lanes.keySet()) {
            execute(connection, LOCK, List.of(this.scope.namespace(), this.scope.channel(), lane));
        }
        int replayed = 0;
        for (Map.Entry<Integer, List<Found>> lane : lanes.entrySet()) {
            int changed = 0;
            for (Found row : lane.getValue()) {
                changed += execute(connection, REPLAY, List.of(now, now, row.id()));
            }
            execute(connection, COUNT, List.of(changed, this.scope.namespace(), this.scope.channel(), lane.getKey()));
            replayed += changed;
        }
        return replayed;
    }

    private int execute(Connection connection, String sql, List<Object> values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(sql))) {
            bind(statement, values);
            return statement.execute() ? 0 : statement.getUpdateCount();
        }
    }
}
