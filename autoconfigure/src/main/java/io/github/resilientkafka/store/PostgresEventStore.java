package io.github.resilientkafka.store;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.springframework.dao.DataAccessException;

/**
 * The store in PostgreSQL: every operation is one statement, committed by itself, whose text never changes.
 */
final class PostgresEventStore extends JdbcEventStore {

    private static final String UNTRANSLATABLE_CHARACTER = "22P05";

    private final PostgresReader reader;

    private final String saveNew;

    private final String saveUnlessThere;

    private final String settle;

    private final String settleFailures;

    private final String stillOwned;

    private final String release;

    private final String heldByOthers;

    private final String ask;

    private final String wanted;

    private final String backlog;

    private final PostgresLaneMarks marks;

    PostgresEventStore(JdbcSession session, StoreScope scope, boolean retain) {
        super(session, scope, retain);
        this.reader = new PostgresReader(session, scope);
        this.saveNew = scope.sql(PostgresSql.SAVE);
        this.saveUnlessThere = scope.sql(PostgresSql.SAVE + PostgresSql.UNLESS_THERE);
        this.settle = scope.sql(PostgresSql.FENCE
                + (retain
                        ? PostgresSql.RESOLVE + PostgresSql.RENEW_AND_COUNT
                        : PostgresSql.DELETE + PostgresSql.RENEW));
        this.settleFailures = scope.sql(PostgresSql.FENCE + PostgresSql.FAIL);
        this.stillOwned = scope.sql(PostgresSql.STILL_OWNED);
        this.release = scope.sql(PostgresSql.RELEASE);
        this.heldByOthers = scope.sql(PostgresSql.HELD_BY_OTHERS);
        this.ask = scope.sql(PostgresSql.ASK);
        this.wanted = scope.sql(PostgresSql.WANTED);
        this.backlog = scope.sql(PostgresSql.BACKLOG);
        this.marks = new PostgresLaneMarks(session, scope);
    }

    @Override
    public void save(List<FailedEvent> events) {
        save(this.saveUnlessThere, events);
    }

    @Override
    public void saveNew(List<FailedEvent> events) {
        save(this.saveNew, events);
    }

    private void save(String sql, List<FailedEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        try {
            insert(sql, events);
        } catch (DataAccessException ex) {
            requireUntranslatable(ex);
            insert(sql, events.stream().map(StoredText::ascii).toList());
        }
    }

    private void insert(String sql, List<FailedEvent> events) {
        StoredText.Column errorTypes = new StoredText.Column(StoredText.TYPE_LENGTH);
        StoredText.Column errorMessages = new StoredText.Column(StoredText.MESSAGE_LENGTH);
        this.session.run("store events", connection -> {
            try (var parameters = new PostgresParameters(connection, sql)) {
                return parameters
                        .number(this.scope.number())
                        .scope(this.scope)
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
                        .texts(events, event -> errorTypes.clean(event.errorType()))
                        .texts(events, event -> errorMessages.clean(event.errorMessage()))
                        .instants(events, FailedEvent::createdAt)
                        .update();
            }
        });
    }

    @Override
    public List<LaneLease> lease(String owner, EventStatus status, Instant dueAt, int maxLanes, Duration lease) {
        String sql = this.scope.sql(PostgresSql.of(PostgresSql.LEASE, status));
        return this.session.run("lease lanes", connection -> {
            try (var parameters = new PostgresParameters(connection, sql)) {
                return leases(parameters
                        .instant(dueAt)
                        .scope(this.scope)
                        .number(maxLanes)
                        .text(owner)
                        .number(lease.toMillis())
                        .scope(this.scope)
                        .query());
            }
        });
    }

    @Override
    public boolean askForLanes(String owner, Instant dueAt) {
        return this.session.run("ask for lanes", connection -> {
            try (var held = new PostgresParameters(connection, this.heldByOthers);
                    var ask = new PostgresParameters(connection, this.ask)) {
                boolean found = held.instant(dueAt)
                        .scope(this.scope)
                        .text(owner)
                        .query()
                        .next();
                if (found) {
                    ask.scope(this.scope).scope(this.scope).update();
                }
                return found;
            }
        });
    }

    @Override
    public boolean lanesAreWanted() {
        return this.session.run("look whether lanes are wanted", connection -> {
            try (var parameters = new PostgresParameters(connection, this.wanted)) {
                return parameters.scope(this.scope).query().next();
            }
        });
    }

    @Override
    public List<StoredEvent> read(
            List<LaneLease> leases, EventStatus status, Instant dueAt, int limit, Collection<Long> without, long upTo) {
        return this.reader.read(leases, status, dueAt, limit, without, upTo);
    }

    @Override
    public List<LaneBacklog> backlog(Collection<Integer> lanes) {
        return this.session.run("look for pending events", connection -> {
            try (var parameters = new PostgresParameters(connection, this.backlog)) {
                return backlogs(parameters
                        .integers(List.copyOf(lanes), lane -> lane)
                        .scope(this.scope)
                        .query());
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
        try {
            return fail(owner, leases, attempts, now, lease);
        } catch (DataAccessException ex) {
            requireUntranslatable(ex);
            return fail(owner, leases, attempts.stream().map(StoredText::ascii).toList(), now, lease);
        }
    }

    private boolean fail(
            String owner, List<LaneLease> leases, List<FailedAttempt> attempts, Instant now, Duration lease) {
        return this.session.run("settle failed events", connection -> {
            try (var parameters = new PostgresParameters(connection, this.settleFailures)) {
                fence(parameters, owner, leases)
                        .instant(now)
                        .instant(now)
                        .longs(attempts, FailedAttempt::id)
                        .texts(attempts, attempt -> attempt.from().name())
                        .integers(attempts, FailedAttempt::attemptsBefore)
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

    @Override
    public void advance(DrainProgress progress) {
        this.marks.advance(progress);
    }

    @Override
    public void recheck(int lane) {
        this.marks.recheck(lane);
    }

    private PostgresParameters fence(PostgresParameters parameters, String owner, List<LaneLease> leases)
            throws SQLException {
        return parameters
                .integers(leases, LaneLease::lane)
                .longs(leases, LaneLease::epoch)
                .scope(this.scope)
                .text(owner);
    }

    private boolean renew(PostgresParameters parameters, List<LaneLease> leases, Duration lease) throws SQLException {
        return parameters
                        .number(lease.toMillis())
                        .scope(this.scope)
                        .number(leases.size())
                        .update()
                == leases.size();
    }

    /** Not every database is encoded in UTF-8; what it has no character for must not keep a row out. */
    private static void requireUntranslatable(DataAccessException ex) {
        if (!SqlErrors.state(ex).equals(UNTRANSLATABLE_CHARACTER)) {
            throw ex;
        }
    }
}
