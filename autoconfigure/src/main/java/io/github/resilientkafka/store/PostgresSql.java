package io.github.resilientkafka.store;

/**
 * The statements of {@link PostgresEventStore}.
 * <p>
 * Statistics are often of another time: of the outage, when most rows were pending, or of the quiet before it. Yet the
 * planner must not walk through settled rows to find pending ones, nor through all pending rows to settle a few. So lease
 * and read name the status as a literal and ask for a range of lanes, ordered by lane and id, which only the partial index
 * of that status can deliver; settle hides the status, which leaves it the primary key.
 * <p>
 * The range begins behind {@code drained_to}, where nothing is pending any more: index entries of rows that were settled
 * since the oldest snapshot began can't be removed, and each of them would cost a look at its row.
 */
final class PostgresSql {

    static final String SAVE = """
            insert into {events} (row_id, event_id, scope, namespace, channel, lane, topic, partition_no,
                   record_timestamp, record_key, key_text, payload, headers, event_type, status, failure_kind, attempts,
                   next_attempt_at, error_type, error_message, created_at, updated_at)
            select row_id::uuid, event_id::uuid, ?, ?, ?, lane, topic, partition_no, record_timestamp,
                   record_key, key_text, payload, headers, event_type, 'PENDING', failure_kind, 0,
                   timestamptz 'epoch' + next_attempt_at * interval '1 microsecond', error_type, error_message,
                   timestamptz 'epoch' + created_at * interval '1 microsecond',
                   timestamptz 'epoch' + created_at * interval '1 microsecond'
              from unnest(?::text[], ?::text[], ?::int4[], ?::text[], ?::int4[], ?::int8[], ?::bytea[], ?::text[],
                   ?::bytea[], ?::text[], ?::text[], ?::text[], ?::int8[], ?::text[], ?::text[], ?::int8[])
                as u(row_id, event_id, lane, topic, partition_no, record_timestamp, record_key, key_text,
                   payload, headers, event_type, failure_kind, next_attempt_at, error_type, error_message, created_at)""";

    /** A row that may be there costs a look into the index, and a second record in the log, more than one that can't. */
    static final String UNLESS_THERE = " on conflict (event_id, row_id) do nothing";

    /** Lanes that were served longest ago come first. */
    static final String LEASE = inScope("""
            with due as (
              select l.lane
                from {lanes} l
                     cross join lateral (
                       select 1
                         from {events} e
                        where {e in scope of l}
                          and (e.lane, e.id) > (l.lane, {from}) and e.lane <= l.lane
                          and e.status = '{status}' and e.next_attempt_at <= ?
                        order by e.lane, e.id
                        limit 1) e
               where l.namespace = ? and l.channel = ? and (l.owner is null or l.expires_at < now())
               order by l.expires_at nulls first, l.lane
               limit ?
                 for update of l skip locked)
            update {lanes} l
               set owner = ?, epoch = l.epoch + 1, expires_at = now() + ? * interval '1 millisecond'
              from due
             where l.namespace = ? and l.channel = ? and l.lane = due.lane
            returning l.lane, l.epoch""");

    /** Whether others hold lanes that have due rows. */
    static final String HELD_BY_OTHERS = inScope("""
            select 1
              from {lanes} l
                   cross join lateral (
                     select 1
                       from {events} e
                      where {e in scope of l}
                        and (e.lane, e.id) > (l.lane, l.drained_to) and e.lane <= l.lane
                        and e.status = 'PENDING' and e.next_attempt_at <= ?
                      order by e.lane, e.id
                      limit 1) e
             where l.namespace = ? and l.channel = ? and l.owner <> ? and l.expires_at > now()
             limit 1""");

    /** On any lane that is not being settled just now: nobody waits for anybody. */
    static final String ASK = """
            update {lanes} l
               set wanted_at = now()
              from (select k.lane
                      from {lanes} k
                     where k.namespace = ? and k.channel = ?
                     limit 1
                       for no key update of k skip locked) k
             where l.namespace = ? and l.channel = ? and l.lane = k.lane""";

    static final String WANTED = """
            select 1
              from {lanes}
             where namespace = ? and channel = ? and wanted_at > now() - interval '1 second'
             limit 1""";

    /** Of each lane so many rows, in order; large payloads are left out, and their size is told. */
    static final String READ = inScope("""
            select e.*
              from {lanes} l
                   cross join lateral (
                     select {columns}, octet_length(payload) as payload_bytes
                       from {events} e
                      where {e in scope of l}
                        and (e.lane, e.id) > (l.lane, {from}) and (e.lane, e.id) <= (l.lane, ?)
                        and e.status = '{status}' and e.next_attempt_at <= ?
                        and e.id not in (select unnest(?::int8[]))
                      order by e.lane, e.id
                      limit ?) e
             where l.namespace = ? and l.channel = ? and l.lane = any(?)""");

    static final String PAYLOADS = "select id, payload from {events} where id = any(?)";

    /** The lanes that are still the owner's, locked in order, so that two statements never wait for each other. */
    static final String FENCE = """
            with fence as materialized (
              select l.lane
                from unnest(?::int4[], ?::int8[]) as f(lane, epoch)
                     join {lanes} l on l.lane = f.lane and l.epoch = f.epoch
               where l.namespace = ? and l.channel = ? and l.owner = ?
               order by l.lane
                 for no key update of l),
            """;

    /** The status is hidden from the planner: it must not look for the rows in the index of all pending ones. */
    static final String RESOLVE = """
            settled as (
              update {events} e
                 set status = 'RESOLVED', resolved_at = ?, updated_at = ?
               where e.id = any(?) and e.status || '' = 'PENDING' and (select count(*) from fence) = ?
              returning e.lane)
            """;

    static final String DELETE = """
            settled as (
              delete from {events} e
               where e.id = any(?) and e.status || '' = 'PENDING' and (select count(*) from fence) = ?
              returning e.lane)
            """;

    static final String RENEW = """
            update {lanes} l
               set expires_at = now() + ? * interval '1 millisecond'
              from fence f
             where l.namespace = ? and l.channel = ? and l.lane = f.lane and (select count(*) from fence) = ?""";

    static final String RENEW_AND_COUNT = """
            update {lanes} l
               set expires_at = now() + ? * interval '1 millisecond', resolved = l.resolved + t.resolved
              from (select f.lane, coalesce(s.resolved, 0) as resolved
                      from fence f left join (select lane, count(*) as resolved from settled group by lane) s
                           on s.lane = f.lane) t
             where l.namespace = ? and l.channel = ? and l.lane = t.lane and (select count(*) from fence) = ?""";

    static final String FAIL = """
            settled as (
              update {events} e
                 set status = a.status, attempts = a.attempts, failure_kind = a.failure_kind,
                     error_type = a.error_type, error_message = a.error_message, updated_at = ?,
                     next_attempt_at = timestamptz 'epoch' + a.next_attempt_at * interval '1 microsecond',
                     resolved_at = case a.status when 'DLQ' then ?::timestamptz end
                from unnest(?::int8[], ?::text[], ?::int4[], ?::text[], ?::int4[], ?::int8[], ?::text[], ?::text[],
                     ?::text[])
                  as a(id, found, attempts_before, status, attempts, next_attempt_at, failure_kind, error_type,
                       error_message)
               where e.id = a.id and e.status = a.found and e.attempts = a.attempts_before
                 and (select count(*) from fence) = ?
              returning e.lane, a.found, a.status)
            update {lanes} l
               set expires_at = now() + ? * interval '1 millisecond', dlq = l.dlq + t.dlq,
                   dlq_failed = greatest(0, l.dlq_failed + t.dlq_failed)
              from (select f.lane, coalesce(s.dlq, 0) as dlq, coalesce(s.dlq_failed, 0) as dlq_failed
                      from fence f
                           left join (
                             select lane, count(*) filter (where status = 'DLQ') as dlq,
                                    count(*) filter (where status = 'DLQ_FAILED')
                                    - count(*) filter (where found = 'DLQ_FAILED') as dlq_failed
                               from settled
                              group by lane) s
                           on s.lane = f.lane) t
             where l.namespace = ? and l.channel = ? and l.lane = t.lane and (select count(*) from fence) = ?""";

    static final String STILL_OWNED = """
            select l.lane, l.epoch
              from unnest(?::int4[], ?::int8[]) as f(lane, epoch)
                   join {lanes} l on l.lane = f.lane and l.epoch = f.epoch
             where l.namespace = ? and l.channel = ? and l.owner = ? and l.expires_at > now()""";

    static final String RELEASE = """
            update {lanes} l
               set owner = null, expires_at = now()
              from unnest(?::int4[], ?::int8[]) as f(lane, epoch)
             where l.lane = f.lane and l.epoch = f.epoch and l.namespace = ? and l.channel = ? and l.owner = ?""";

    /** The oldest and the newest row of each lane that has any: two short walks on the index of pending rows. */
    static final String BACKLOG = inScope("""
            select l.lane, oldest.id as oldest, newest.id as newest
              from unnest(?::int4[]) as f(lane)
                   join {lanes} l on l.namespace = ? and l.channel = ? and l.lane = f.lane
                   cross join lateral (
                     select e.id
                       from {events} e
                      where {e in scope of l}
                        and (e.lane, e.id) > (l.lane, l.drained_to) and e.lane <= l.lane
                        and e.status = 'PENDING' and e.failure_kind = 'OUTAGE' and e.next_attempt_at <= now()
                      order by e.lane, e.id
                      limit 1) oldest
                   cross join lateral (
                     select e.id
                       from {events} e
                      where {e in scope of l}
                        and (e.lane, e.id) >= (l.lane, oldest.id) and e.lane <= l.lane
                        and e.status = 'PENDING' and e.failure_kind = 'OUTAGE' and e.next_attempt_at <= now()
                      order by e.lane desc, e.id desc
                      limit 1) newest""");

    /** Transactions that have written to the table and not ended yet; the lock is taken before the first id is. */
    static final String WRITERS = """
            select virtualtransaction
              from pg_locks
             where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = '{events}'::regclass
               and database = (select oid from pg_database where datname = current_database())""";

    static final String LOCK_LANES = """
            select l.lane
              from {lanes} l
             where l.namespace = ? and l.channel = ? and l.lane = any(?)
             order by l.lane
               for no key update of l""";

    /** Up to the first pending row, due or not, in flight or not; never further than given, never back. */
    static final String ADVANCE = inScope("""
            update {lanes} l
               set drained_to = t.id
              from (select k.lane, least(c.id, p.id - 1) as id
                      from unnest(?::int4[], ?::int8[]) as c(lane, id)
                           join {lanes} k on k.namespace = ? and k.channel = ? and k.lane = c.lane
                           left join lateral (
                             select e.id
                               from {events} e
                              where {e in scope of k}
                                and (e.lane, e.id) > (k.lane, k.drained_to) and e.lane <= k.lane
                                and e.status = 'PENDING'
                              order by e.lane, e.id
                              limit 1) p
                           on true) t
             where l.namespace = ? and l.channel = ? and l.lane = t.lane and l.drained_to < t.id""");

    /** Back to before the first pending row, if there is one that somebody has put there by hand. */
    static final String RECHECK = inScope("""
            update {lanes} l
               set drained_to = least(l.drained_to, p.id - 1)
              from {lanes} k
                   cross join lateral (
                     select e.id
                       from {events} e
                      where {e in scope of k}
                        and (e.lane, e.id) > (k.lane, 0) and (e.lane, e.id) <= (k.lane, k.drained_to)
                        and e.status = 'PENDING'
                      order by e.lane, e.id
                      limit 1) p
             where k.namespace = ? and k.channel = ? and k.lane = ?
               and l.namespace = k.namespace and l.channel = k.channel and l.lane = k.lane""");

    /** A row below the mark is pending again. */
    static final String RETREAT = """
            update {lanes} l
               set drained_to = e.id - 1
              from {events} e
             where e.id = ? and l.namespace = e.namespace and l.channel = e.channel and l.lane = e.lane
               and l.drained_to >= e.id""";

    private PostgresSql() {}

    /**
     * Completes a statement that looks for waiting rows of the namespace and channel of {@code l}. The indexes begin with
     * the scope's number: in each of their entries numbers are found at once, and behind texts every column has to be
     * looked for.
     * @param sql with {@code {e in scope of l}}
     */
    static String inScope(String sql) {
        return sql.replaceAll(
                "\\{e in scope of (\\w)}",
                "e.scope = $1.scope and e.namespace = $1.namespace and e.channel = $1.channel");
    }

    /**
     * Completes a statement that looks for rows of one status.
     */
    static String of(String sql, EventStatus status) {
        return sql.replace("{status}", JdbcEventStore.waiting(status))
                .replace("{from}", (status == EventStatus.PENDING) ? "l.drained_to" : "0");
    }
}
