package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What the stores of all databases share: the columns and how rows are read.
 */
abstract class JdbcEventStore implements EventStore {

    /**
     * The columns of {@link StoredEvent}, in its order.
     */
    static final String COLUMNS = """
            id, event_id, lane, topic, partition_no, record_timestamp, record_key, payload, headers,
            failure_kind, attempts, error_type, error_message, created_at""";

    /**
     * Bytes of payload that one read brings back, roughly: rows are bounded in number, but one may have megabytes.
     */
    static final long READ_BYTES = 32L * 1024 * 1024;

    final JdbcSession session;

    final StoreScope scope;

    /**
     * Whether resolved rows stay until they are purged.
     */
    final boolean retain;

    JdbcEventStore(JdbcSession session, StoreScope scope, boolean retain) {
        this.session = session;
        this.scope = scope;
        this.retain = retain;
    }

    @Override
    public void ping() {
        String sql = this.scope.sql("select id from {events} where id = 0");
        this.session.run("ping", connection -> {
            try (var statement = connection.prepareStatement(sql)) {
                return statement.executeQuery().next();
            }
        });
    }

    /**
     * Reads a row of {@link #COLUMNS}, by position: names would be looked up for every column of every row.
     */
    static StoredEvent storedEvent(ResultSet row) throws SQLException {
        return new StoredEvent(
                row.getLong(1),
                row.getObject(2, UUID.class),
                row.getInt(3),
                row.getString(4),
                row.getObject(5, Integer.class),
                row.getLong(6),
                row.getBytes(7),
                row.getBytes(8),
                row.getString(9),
                FailureKind.valueOf(row.getString(10)),
                row.getInt(11),
                row.getString(12),
                row.getString(13),
                row.getObject(14, OffsetDateTime.class).toInstant());
    }

    static List<LaneLease> leases(ResultSet rows) throws SQLException {
        List<LaneLease> leases = new ArrayList<>();
        while (rows.next()) {
            leases.add(new LaneLease(rows.getInt("lane"), rows.getLong("epoch")));
        }
        leases.sort((a, b) -> Integer.compare(a.lane(), b.lane()));
        return leases;
    }

    static List<LaneBacklog> backlogs(ResultSet rows) throws SQLException {
        List<LaneBacklog> backlogs = new ArrayList<>();
        while (rows.next()) {
            backlogs.add(new LaneBacklog(rows.getInt("lane"), rows.getLong("oldest"), rows.getLong("newest")));
        }
        return backlogs;
    }

    /**
     * How many rows of each lane to read, so that all lanes together may reach the limit.
     */
    static int share(int limit, int lanes) {
        return (limit + lanes - 1) / lanes;
    }

    static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    /**
     * The name of a status in which rows wait for the relay.
     */
    static String waiting(EventStatus status) {
        if (status != EventStatus.PENDING && status != EventStatus.DLQ_FAILED) {
            throw new IllegalArgumentException("Rows that are " + status + " do not wait for anything");
        }
        return status.name();
    }
}
