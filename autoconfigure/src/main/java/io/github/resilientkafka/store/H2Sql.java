package io.github.resilientkafka.store;

/**
 * The statements of {@link H2EventStore}, in words that all modes of H2 know.
 */
final class H2Sql {

    static final String SAVE = """
            insert into {events} (row_id, event_id, scope, namespace, channel, lane, topic, partition_no,
                   record_timestamp, record_key, key_text, payload, headers, event_type, status, failure_kind, attempts,
                   next_attempt_at, error_type, error_message, created_at, updated_at)
            select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'PENDING', ?, 0, ?, ?, ?, ?, ?
             where not exists (select 1 from {events} where event_id = ? and row_id = ?)""";

    static final String LEASABLE = """
            select l.lane, l.epoch
              from {lanes} l
             where l.namespace = ? and l.channel = ? and (l.owner is null or l.expires_at < current_timestamp)
               and exists (
                   select 1
                     from {events} e
                    where e.namespace = l.namespace and e.channel = l.channel and e.status = ? and e.lane = l.lane
                      and e.next_attempt_at <= ?)
             order by l.expires_at nulls first, l.lane
             fetch first ? rows only""";

    static final String LEASE = """
            update {lanes}
               set owner = ?, epoch = epoch + 1, expires_at = dateadd(millisecond, ?, current_timestamp)
             where namespace = ? and channel = ? and lane = ? and epoch = ?
               and (owner is null or expires_at < current_timestamp)""";

    static final String HELD_BY_OTHERS = """
            select l.lane
              from {lanes} l
             where l.namespace = ? and l.channel = ? and l.owner <> ? and l.expires_at > current_timestamp
               and exists (
                   select 1
                     from {events} e
                    where e.namespace = l.namespace and e.channel = l.channel and e.status = 'PENDING'
                      and e.lane = l.lane and e.next_attempt_at <= ?)
             fetch first 1 rows only""";

    static final String ASK =
            "update {lanes} set wanted_at = current_timestamp where namespace = ? and channel = ? and lane = ?";

    static final String WANTED = """
            select lane
              from {lanes}
             where namespace = ? and channel = ? and wanted_at > dateadd(second, -1, current_timestamp)
             fetch first 1 rows only""";

    static final String READ = """
            select {columns}
              from {events}
             where namespace = ? and channel = ? and status = ? and lane = ? and next_attempt_at <= ?
               and not array_contains(cast(? as bigint array), id) and id <= ?
             order by id
             fetch first ? rows only""";

    static final String BACKLOG = """
            select lane, min(id) as oldest, max(id) as newest
              from {events}
             where namespace = ? and channel = ? and status = 'PENDING' and failure_kind = 'OUTAGE'
               and next_attempt_at <= current_timestamp and lane = ?
             group by lane""";

    static final String RENEW = """
            update {lanes}
               set expires_at = dateadd(millisecond, ?, current_timestamp)
             where namespace = ? and channel = ? and lane = ? and epoch = ? and owner = ?""";

    static final String RESOLVE = """
            update {events}
               set status = 'RESOLVED', resolved_at = ?, updated_at = ?
             where id = ? and status = 'PENDING'""";

    static final String DELETE = "delete from {events} where id = ? and status = 'PENDING'";

    static final String FAIL = """
            update {events}
               set status = ?, attempts = ?, next_attempt_at = ?, failure_kind = ?, error_type = ?, error_message = ?,
                   updated_at = ?, resolved_at = ?
             where id = ? and status = ? and attempts = ?""";

    static final String COUNT = """
            update {lanes}
               set resolved = resolved + ?, dlq = dlq + ?, dlq_failed = greatest(0, dlq_failed + ?)
             where namespace = ? and channel = ? and lane = ?""";

    static final String STILL_OWNED = """
            select lane, epoch
              from {lanes}
             where namespace = ? and channel = ? and owner = ? and expires_at > current_timestamp""";

    static final String RELEASE = """
            update {lanes}
               set owner = null, expires_at = current_timestamp
             where namespace = ? and channel = ? and lane = ? and epoch = ? and owner = ?""";

    private H2Sql() {}
}
