package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Statistics in PostgreSQL, without ever reading the whole table.
 */
final class PostgresFailedEvents extends JdbcFailedEvents {

    /**
     * Ordered as only the partial index can deliver it, see {@link PostgresSql}; the oldest pending event is among the
     * first ones of each lane.
     */
    private static final String STATS = PostgresSql.inScope("""
            select (select count(*)
                      from (select 1
                              from {lanes} l
                                   cross join lateral (
                                     select 1
                                       from {events} e
                                      where {e in scope of l}
                                        and (e.lane, e.id) > (l.lane, l.drained_to) and e.lane <= l.lane
                                        and e.status = 'PENDING'
                                      order by e.lane, e.id
                                      limit ?) e
                             where l.namespace = ? and l.channel = ?
                             limit ?) p) as pending,
                   (select min(p.created_at)
                      from {lanes} l
                           cross join lateral (
                             select e.created_at
                               from {events} e
                              where {e in scope of l}
                                and (e.lane, e.id) > (l.lane, l.drained_to) and e.lane <= l.lane
                                and e.status = 'PENDING'
                              order by e.lane, e.id
                              limit 1) p
                     where l.namespace = ? and l.channel = ?) as oldest_pending,
                   coalesce(sum(t.resolved), 0) as resolved,
                   coalesce(sum(t.dlq), 0) as dlq,
                   coalesce(sum(t.dlq_failed), 0) as dlq_failed
              from {lanes} t
             where t.namespace = ? and t.channel = ?""");

    /**
     * Of each lane's newest rows, which only the partial index can deliver, the newest: ordered by id alone, they could also
     * be looked for in the primary key, among all rows of everybody.
     */
    private static final String WAITING = PostgresSql.inScope("""
             and id = any(array(
                 select w.id
                   from {lanes} l
                        cross join lateral (
                          select e.id
                            from {events} e
                           where {e in scope of l}
                             and (e.lane, e.id) > (l.lane, {from}) and (e.lane, e.id) < (l.lane, ?)
                             and e.status = '{status}'{conditions}
                           order by e.lane desc, e.id desc
                           limit {limit}) w
                  where l.namespace = ? and l.channel = ?
                  order by w.id desc
                  limit {limit}))
             order by id desc""");

    /**
     * Counts the rows on about a thousand pages picked at random, and projects. Unlike the planner's statistics this is
     * never out of date.
     */
    private static final String ESTIMATE =
            """
            select count(*) * 100.0 / least(100, {percent}) as pending
              from {events} tablesample system (least(100, {percent}))
             where namespace = ? and channel = ? and status = 'PENDING'""".replace("{percent}", "819200000.0 / greatest(1, pg_relation_size('{events}'))");

    PostgresFailedEvents(JdbcSession session, StoreScope scope) {
        super(session, scope);
    }

    @Override
    public RetryStats stats() {
        String namespace = this.scope.namespace();
        String channel = this.scope.channel();
        return this.session.run("count events", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(STATS))) {
                int most = EXACT_UP_TO + 1;
                bind(statement, most, namespace, channel, most, namespace, channel, namespace, channel);
                ResultSet row = statement.executeQuery();
                row.next();
                long pending = row.getLong("pending");
                boolean exact = pending <= EXACT_UP_TO;
                return new RetryStats(
                        exact ? pending : Math.max(pending, estimate(connection)),
                        exact,
                        row.getLong("resolved"),
                        row.getLong("dlq"),
                        row.getLong("dlq_failed"),
                        instant(row, "oldest_pending"));
            }
        });
    }

    @Override
    List<FailedEventView> newestWaiting(EventStatus status, Conditions conditions, long beforeId, int limit) {
        String newest = PostgresSql.of(" " + WAITING, status)
                .replace("{conditions}", conditions.sql())
                .replace("{limit}", Integer.toString(limit));
        List<Object> values = new ArrayList<>();
        values.add(beforeId);
        values.addAll(conditions.values());
        values.add(this.scope.namespace());
        values.add(this.scope.channel());
        return view("null", newest, values);
    }

    @Override
    void pendingAgain(Connection connection, long id) throws SQLException {
        update(connection, PostgresSql.RETREAT, id);
    }

    private long estimate(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(this.scope.sql(ESTIMATE))) {
            bind(statement, this.scope.namespace(), this.scope.channel());
            ResultSet row = statement.executeQuery();
            row.next();
            return row.getLong("pending");
        }
    }
}
