package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters in any database; how a chunk is replayed is up to each.
 */
abstract class JdbcDeadLetterRows implements DeadLetterRows {

    /**
     * The next rows of a topic. Asked for with a comparison of pairs and ordered by topic and id, which PostgreSQL can
     * only have from the index of dead letters: ordered by id alone, it may prefer to walk through the primary key.
     */
    static final String SCAN = """
            select e.id, e.lane, {selected} as selected
              from {events} e
             where e.namespace = ? and e.channel = ? and e.status = 'DLQ'
               and (e.topic, e.id) > (?, ?) and e.topic <= ?
             order by e.topic, e.id
             fetch first ? rows only""";

    final JdbcSession session;

    final StoreScope scope;

    JdbcDeadLetterRows(JdbcSession session, StoreScope scope) {
        this.session = session;
        this.scope = scope;
    }

    @Override
    public Sight look(Selection selection, long afterId, int limit) {
        return this.session.run("look at dead letters", connection -> {
            List<Found> rows = scan(connection, selection, afterId, limit);
            return new Sight(
                    rows.stream().filter(Found::selected).map(Found::id).toList(),
                    rows.isEmpty() ? afterId : rows.get(rows.size() - 1).id(),
                    rows.size() < limit);
        });
    }

    List<Found> scan(Connection connection, Selection selection, long afterId, int limit) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql(SCAN, selection))) {
            bind(statement, scanParameters(selection, afterId, limit));
            ResultSet rows = statement.executeQuery();
            while (rows.next()) {
                found.add(new Found(rows.getLong("id"), rows.getInt("lane"), rows.getBoolean("selected")));
            }
        }
        return found;
    }

    /**
     * Fills in the tables' names and the conditions that the selection has.
     */
    String sql(String statement, Selection selection) {
        String selected = "(e.resolved_at < ?"
                + ((selection.from() == null) ? "" : " and e.resolved_at >= ?")
                + ((selection.keyText() == null) ? "" : " and e.key_text = ?")
                + ")";
        return this.scope.sql(statement.replace("{selected}", selected));
    }

    List<Object> scanParameters(Selection selection, long afterId, int limit) {
        List<Object> values = new ArrayList<>();
        values.add(JdbcEventStore.timestamp(selection.before()));
        Instant from = selection.from();
        if (from != null) {
            values.add(JdbcEventStore.timestamp(from));
        }
        String key = StoredText.cleanOrNull(selection.keyText(), StoredText.KEY_LENGTH);
        if (key != null) {
            values.add(key);
        }
        values.addAll(List.of(
                this.scope.namespace(), this.scope.channel(), selection.topic(), afterId, selection.topic(), limit));
        return values;
    }

    static void bind(PreparedStatement statement, List<? extends @Nullable Object> values) throws SQLException {
        for (int i = 0; i < values.size(); i++) {
            statement.setObject(i + 1, values.get(i));
        }
    }

    /** A row that was looked at. */
    record Found(long id, int lane, boolean selected) {}
}
