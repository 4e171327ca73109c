package io.github.resilientkafka.store;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Dead letters in PostgreSQL: a chunk is one statement.
 */
final class PostgresDeadLetterRows extends JdbcDeadLetterRows {

    /**
     * Lanes first, in order, then rows, as every settle does; the status is hidden for the reason given in
     * {@link PostgresSql}.
     */
    static final String REPLAY = """
            with scanned as materialized (
            {scan}),
            chosen as materialized (
              select s.id, s.lane
                from scanned s
               where s.selected
               order by s.id
               limit ?),
            fence as materialized (
              select l.lane
                from {lanes} l
               where l.namespace = ? and l.channel = ? and l.lane in (select c.lane from chosen c)
               order by l.lane
                 for no key update of l),
            replayed as (
              update {events} e
                 set status = 'PENDING', attempts = 0, next_attempt_at = ?, updated_at = ?, resolved_at = null
               where e.id = any(array(select c.id from chosen c)) and e.status || '' = 'DLQ'
                 and (select count(*) from fence) > 0
              returning e.lane, e.id),
            counted as (
              update {lanes} l
                 set dlq = greatest(0, l.dlq - t.rows), drained_to = least(l.drained_to, t.first - 1)
                from (select r.lane, count(*) as rows, min(r.id) as first from replayed r group by r.lane) t
               where l.namespace = ? and l.channel = ? and l.lane = t.lane)
            select (select count(*) from scanned) as scanned, (select max(id) from scanned) as last_scanned,
                   (select count(*) from chosen) as chosen, (select max(id) from chosen) as last_chosen,
                   (select count(*) from replayed) as replayed""".replace("{scan}", SCAN);

    PostgresDeadLetterRows(JdbcSession session, StoreScope scope) {
        super(session, scope);
    }

    @Override
    public Chunk replay(Selection selection, long afterId, int scan, int limit, Instant now) {
        OffsetDateTime time = JdbcEventStore.timestamp(now);
        List<Object> values = new ArrayList<>(scanParameters(selection, afterId, scan));
        values.addAll(List.of(
                limit,
                this.scope.namespace(),
                this.scope.channel(),
                time,
                time,
                this.scope.namespace(),
                this.scope.channel()));
        return this.session.run("replay dead letters", connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql(REPLAY, selection))) {
                bind(statement, values);
                ResultSet row = statement.executeQuery();
                row.next();
                boolean full = row.getInt("chosen") == limit;
                int scanned = row.getInt("scanned");
                long last = row.getLong(full ? "last_chosen" : "last_scanned");
                return new Chunk(row.getInt("replayed"), (scanned == 0) ? afterId : last, !full && scanned < scan);
            }
        });
    }
}
