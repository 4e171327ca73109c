package io.github.resilientkafka.store;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The store in PostgreSQL: every operation is one statement, committed by itself, whose text never changes.
 * <p>
 * Statements name the status as a literal and ask for {@code lane between x and x} ordered by lane and id on purpose:
 * only the small partial index of that status can deliver this, so that no statistics, however old, make the planner
 * walk through settled rows along the primary key.
 */
final class PostgresEventStore extends JdbcEventStore {

    private static final String SAVE = """
            insert into {events} (row_id, event_id, namespace, channel, lane, topic, partition_no, record_timestamp,
                   record_key, key_text, payload, headers, event_type, status, failure_kind, attempts, next_attempt_at,
                   error_type, error_message, created_at, updated_at)
            select row_id, event_id, ?, ?, lane, topic, partition_no, record_timestamp,
                   record_key, key_text, payload, headers, event_type, 'PENDING', failure_kind, 0,
                   timestamptz 'epoch' + next_attempt_at * interval '1 microsecond', error_type, error_message,
                   timestamptz 'epoch' + created_at * interval '1 microsecond',
                   timestamptz 'epoch' + created_at * interval '1 microsecond'
              from unnest(?::uuid[], ?::uuid[], ?::int4[], ?::text[], ?::int4[], ?::int8[], ?::bytea[], ?::text[],
                   ?::bytea[], ?::text[], ?::text[], ?::text[], ?::int8[], ?::text[], ?::text[], ?::int8[])
                as u(row_id, event_id, lane, topic, partition_no, record_timestamp, record_key, key_text,
                   payload, headers, event_type, failure_kind, next_attempt_at, error_type, error_message, created_at)
                on conflict (event_id, row_id) do nothing""";

    /** Lanes that were served longest ago come first. */
    private static final String LEASE = """
            with due as (
              select l.lane
                from {lanes} l
                     cross join lateral (
                       select 1
                         from {events} e
                        where e.namespace = l.namespace and e.channel = l.channel and e.lane between l.lane and l.lane
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
            returning l.lane, l.epoch""";

    private static final String READ = """
            select e.*
              from unnest(?::int4[]) as l(lane)
                   cross join lateral (
                     select {columns}
                       from {events} e
                      where e.namespace = ? and e.channel = ? and e.lane between l.lane and l.lane
                        and e.status = '{status}' and e.next_attempt_at <= ? and e.id not in (select unnest(?::int8[]))
                      order by e.lane, e.id
                      limit ?) e
             order by e.lane, e.id
             limit ?""";

    /** The lanes that are still the owner's, locked in order, so that two statements never wait for each other. */
    private static final String FENCE = """
            with fence as materialized (
              select l.lane
                from unnest(?::int4[], ?::int8[]) as f(lane, epoch)
                     join {lanes} l on l.lane = f.lane and l.epoch = f.epoch
               where l.namespace = ? and l.channel = ? and l.owner = ?
               order by l.lane
                 for no key update of l),
            """;

    private static final String RESOLVE = """
            settled as (
              update {events} e
                 set status = 'RESOLVED', resolved_at = ?, updated_at = ?
               where e.id = any(?) and e.status = 'PENDING' and (select count(*) from fence) = ?
              returning e.lane)
            """;

    private static final String DELETE = """
            settled as (
              delete from {events} e
               where e.id = any(?) and e.status = 'PENDING' and (select count(*) from fence) = ?
              returning e.lane)
            """;

    private static final String RENEW_AND_COUNT = """
            update {lanes} l
               set expires_at = now() + ? * interval '1 millisecond', resolved = l.resolved + t.resolved
              from (select f.lane, count(s.lane) as resolved
                      from fence f left join settled s on s.lane = f.lane group by f.lane) t
             where l.namespace = ? and l.channel = ? and l.lane = t.lane and (select count(*) from fence) = ?""";

    private static final String FAIL = """
            settled as (
              update {events} e
                 set status = a.status, attempts = a.attempts, failure_kind = a.failure_kind,
                     error_type = a.error_type, error_message = a.error_message, updated_at = ?,
                     next_attempt_at = timestamptz 'epoch' + a.next_attempt_at * interval '1 microsecond',
                     resolved_at = case a.status when 'DLQ' then ?::timestamptz end
                from unnest(?::int8[], ?::text[], ?::text[], ?::int4[], ?::int8[], ?::text[], ?::text[], ?::text[])
                  as a(id, found, status, attempts, next_attempt_at, failure_kind, error_type, error_message)
               where e.id = a.id and e.status = a.found and (select count(*) from fence) = ?
              returning e.lane, a.found, a.status)
            update {lanes} l
               set expires_at = now() + ? * interval '1 millisecond', dlq = l.dlq + t.dlq,
                   dlq_failed = greatest(0, l.dlq_failed + t.dlq_failed)
              from (select f.lane, count(*) filter (where s.status = 'DLQ') as dlq,
                           count(*) filter (where s.status = 'DLQ_FAILED')
                           - count(*) filter (where s.found = 'DLQ_FAILED') as dlq_failed
                      from fence f left join settled s on s.lane = f.lane group by f.lane) t
             where l.namespace = ? and l.channel = ? and l.lane = t.lane and (select count(*) from fence) = ?""";

    private static final String STILL_OWNED = """
            select l.lane, l.epoch
              from unnest(?::int4[], ?::int8[]) as f(lane, epoch)
                   join {lanes} l on l.lane = f.lane and l.epoch = f.epoch
             where l.namespace = ? and l.channel = ? and l.owner = ? and l.expires_at > now()""";

    private static final String RELEASE = """
            update {lanes} l
               set owner = null, expires_at = now()
              from unnest(?::int4[], ?::int8[]) as f(lane, epoch)
             where l.lane = f.lane and l.epoch = f.epoch and l.namespace = ? and l.channel = ? and l.owner = ?""";

    private final String save;

    private final String settle;

    private final String settleFailures;

    private final String stillOwned;

    private final String release;

    PostgresEventStore(JdbcSession session, StoreScope scope, boolean retain) {
        super(session, scope, retain);
        this.save = scope.sql(SAVE);
        this.settle = scope.sql(FENCE + (retain ? RESOLVE : DELETE) + RENEW_AND_COUNT);
        this.settleFailures = scope.sql(FENCE + FAIL);
        this.stillOwned = scope.sql(STILL_OWNED);
        this.release = scope.sql(RELEASE);
    }

    @Override
    public void save(List<FailedEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        this.session.run("store events", connection -> {
            try (var parameters = new PostgresParameters(connection, this.save)) {
                return parameters
                        .text(this.scope.namespace())
                        .text(this.scope.channel())
                        .uuids(events, FailedEvent::rowId)
                        .uuids(events, FailedEvent::eventId)
                        .integers(events, FailedEvent::lane)
                        .texts(events, FailedEvent::topic)
                        .integers(events, FailedEvent::partition)
                        .longs(events, FailedEvent::timestamp)
                        .bytes(events, FailedEvent::key)
                        .texts(events, event -> StoredText.cleanOrNull(event.keyText(), StoredText.KEY_LENGTH))
                        .bytes(events, FailedEvent::payload)
                        .texts(events, FailedEvent::headers)
                        .texts(events, event -> StoredText.clean(event.eventType(), StoredText.TYPE_LENGTH))
                        .texts(events, event -> event.failureKind().name())
                        .instants(events, FailedEvent::nextAttemptAt)
                        .texts(events, event -> StoredText.clean(event.errorType(), StoredText.TYPE_LENGTH))
                        .texts(events, event -> StoredText.cleanOrNull(event.errorMessage(), StoredText.MESSAGE_LENGTH))
                        .instants(events, FailedEvent::createdAt)
                        .update();
            }
        });
    }

    @Override
    public List<LaneLease> lease(String owner, EventStatus status, Instant dueAt, int maxLanes, Duration lease) {
        String sql = this.scope.sql(LEASE.replace("{status}", waiting(status)));
        return this.session.run("lease lanes", connection -> {
            try (var parameters = new PostgresParameters(connection, sql)) {
                return leases(parameters
                        .instant(dueAt)
                        .text(this.scope.namespace())
                        .text(this.scope.channel())
                        .number(maxLanes)
                        .text(owner)
                        .number(lease.toMillis())
                        .text(this.scope.namespace())
                        .text(this.scope.channel())
                        .query());
            }
        });
    }

    @Override
    public List<StoredEvent> read(
            List<LaneLease> leases, EventStatus status, Instant dueAt, int limit, Collection<Long> without) {
        if (leases.isEmpty()) {
            return List.of();
        }
        String sql = this.scope.sql(READ.replace("{status}", waiting(status)).replace("{columns}", COLUMNS));
        return this.session.run("read events", connection -> {
            try (var parameters = new PostgresParameters(connection, sql)) {
                var rows = parameters
                        .integers(leases, LaneLease::lane)
                        .text(this.scope.namespace())
                        .text(this.scope.channel())
                        .instant(dueAt)
                        .longs(List.copyOf(without), id -> id)
                        .number(share(limit, leases.size()))
                        .number(limit)
                        .query();
                List<StoredEvent> events = new ArrayList<>();
                while (rows.next()) {
                    events.add(storedEvent(rows));
                }
                return events;
            }
        });
    }

    @Override
    public boolean settle(
            String owner, List<LaneLease> leases, List<StoredEvent> resolved, Instant now, Duration lease) {
        if (leases.isEmpty()) {
            return resolved.isEmpty();
        }
        return this.session.run("settle events", connection -> {
            try (var parameters = new PostgresParameters(connection, this.settle)) {
                fence(parameters, owner, leases);
                if (this.retain) {
                    parameters.instant(now).instant(now);
                }
                parameters.longs(resolved, StoredEvent::id).number(leases.size());
                return renew(parameters, leases, lease);
            }
        });
    }

    @Override
    public boolean settleFailures(
            String owner, List<LaneLease> leases, List<FailedAttempt> attempts, Instant now, Duration lease) {
        if (leases.isEmpty()) {
            return attempts.isEmpty();
        }
        return this.session.run("settle failed events", connection -> {
            try (var parameters = new PostgresParameters(connection, this.settleFailures)) {
                fence(parameters, owner, leases)
                        .instant(now)
                        .instant(now)
                        .longs(attempts, FailedAttempt::id)
                        .texts(attempts, attempt -> attempt.from().name())
                        .texts(attempts, attempt -> attempt.to().name())
                        .integers(attempts, FailedAttempt::attempts)
                        .instants(attempts, FailedAttempt::nextAttemptAt)
                        .texts(attempts, attempt -> attempt.failureKind().name())
                        .texts(attempts, attempt -> StoredText.clean(attempt.errorType(), StoredText.TYPE_LENGTH))
                        .texts(
                                attempts,
                                attempt -> StoredText.cleanOrNull(attempt.errorMessage(), StoredText.MESSAGE_LENGTH))
                        .number(leases.size());
                return renew(parameters, leases, lease);
            }
        });
    }

    @Override
    public List<LaneLease> stillOwned(String owner, List<LaneLease> leases) {
        return this.session.run("check leases", connection -> {
            try (var parameters = new PostgresParameters(connection, this.stillOwned)) {
                return leases(fence(parameters, owner, leases).query());
            }
        });
    }

    @Override
    public void release(String owner, List<LaneLease> leases) {
        this.session.run("release lanes", connection -> {
            try (var parameters = new PostgresParameters(connection, this.release)) {
                return fence(parameters, owner, leases).update();
            }
        });
    }

    private PostgresParameters fence(PostgresParameters parameters, String owner, List<LaneLease> leases)
            throws java.sql.SQLException {
        return parameters
                .integers(leases, LaneLease::lane)
                .longs(leases, LaneLease::epoch)
                .text(this.scope.namespace())
                .text(this.scope.channel())
                .text(owner);
    }

    private boolean renew(PostgresParameters parameters, List<LaneLease> leases, Duration lease)
            throws java.sql.SQLException {
        return parameters
                        .number(lease.toMillis())
                        .text(this.scope.namespace())
                        .text(this.scope.channel())
                        .number(leases.size())
                        .update()
                == leases.size();
    }
}
