package io.github.resilientkafka.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows for the relay from PostgreSQL: of every lane its share, bounded in rows and in bytes.
 * <p>
 * Large payloads, which hardly anybody has, come in a second statement, once it is known how many of them the bounds
 * admit. Large is more than 16 KB, or less if so many rows are asked for that all of them together would exceed the bound.
 * To have the first statement count bytes would cost the database a tenth of what draining a small row costs it.
 */
final class PostgresReader {

    private static final long MAX_INLINE_BYTES = 16 * 1024;

    private static final String COLUMNS = JdbcEventStore.COLUMNS.replace(
            "payload", "case when octet_length(payload) <= ? then payload end as payload");

    private static final int PAYLOAD_BYTES_COLUMN = 15;

    private static final Comparator<Row> IN_ORDER = Comparator.<Row>comparingInt(
                    row -> row.event().lane())
            .thenComparingLong(row -> row.event().id());

    private final JdbcSession session;

    private final StoreScope scope;

    /**
     * A row that was read.
     *
     * @param event the row, without its payload if that is large
     * @param payloadBytes the size of its payload
     * @param isLarge whether the payload was left out
     */
    private record Row(StoredEvent event, int payloadBytes, boolean isLarge) {}

    PostgresReader(JdbcSession session, StoreScope scope) {
        this.session = session;
        this.scope = scope;
    }

    /**
     * Reads rows as {@link EventStore#read} says.
     */
    List<StoredEvent> read(
            List<LaneLease> leases, EventStatus status, Instant dueAt, int limit, Collection<Long> without, long upTo) {
        if (leases.isEmpty()) {
            return List.of();
        }
        String sql = this.scope.sql(PostgresSql.of(PostgresSql.READ, status).replace("{columns}", COLUMNS));
        long inlineBytes = Math.min(MAX_INLINE_BYTES, JdbcEventStore.READ_BYTES / Math.max(1, limit));
        List<Row> rows = this.session.run("read events", connection -> {
            try (var parameters = new PostgresParameters(connection, sql)) {
                ResultSet result = parameters
                        .number(inlineBytes)
                        .number(upTo)
                        .instant(dueAt)
                        .longs(List.copyOf(without), id -> id)
                        .number(JdbcEventStore.share(limit, leases.size()))
                        .scope(this.scope)
                        .integers(leases, LaneLease::lane)
                        .query();
                return rows(result, inlineBytes);
            }
        });
        rows.sort(IN_ORDER);
        List<Row> first = rows.subList(0, Math.min(limit, rows.size()));
        return withPayloads(withinBytes(first, JdbcEventStore.READ_BYTES / leases.size()));
    }

    private static List<Row> rows(ResultSet result, long inlineBytes) throws SQLException {
        List<Row> rows = new ArrayList<>();
        while (result.next()) {
            int payloadBytes = result.getInt(PAYLOAD_BYTES_COLUMN);
            rows.add(new Row(JdbcEventStore.storedEvent(result), payloadBytes, payloadBytes > inlineBytes));
        }
        return rows;
    }

    /**
     * Returns of each lane the rows up to the one that fills its share of bytes: one that is larger still gets through.
     */
    private static List<Row> withinBytes(List<Row> rows, long share) {
        List<Row> within = new ArrayList<>(rows.size());
        int lane = -1;
        long before = 0;
        for (Row row : rows) {
            if (row.event().lane() != lane) {
                lane = row.event().lane();
                before = 0;
            }
            if (before < share) {
                within.add(row);
            }
            before += row.payloadBytes();
        }
        return within;
    }

    private List<StoredEvent> withPayloads(List<Row> rows) {
        List<Long> large =
                rows.stream().filter(Row::isLarge).map(row -> row.event().id()).toList();
        Map<Long, byte[]> payloads = large.isEmpty() ? Map.of() : payloads(large);
        List<StoredEvent> events = new ArrayList<>(rows.size());
        for (Row row : rows) {
            StoredEvent event = row.event();
            byte @Nullable [] payload = payloads.get(event.id());
            if (!row.isLarge()) {
                events.add(event);
            } else if (payload != null) {
                events.add(event.withPayload(payload));
            }
            // Else it was discarded meanwhile.
        }
        return events;
    }

    private Map<Long, byte[]> payloads(List<Long> ids) {
        String sql = this.scope.sql(PostgresSql.PAYLOADS);
        return this.session.run("read large events", connection -> {
            try (var parameters = new PostgresParameters(connection, sql)) {
                ResultSet result = parameters.longs(ids, id -> id).query();
                Map<Long, byte[]> payloads = new HashMap<>();
                while (result.next()) {
                    payloads.put(result.getLong(1), result.getBytes(2));
                }
                return payloads;
            }
        });
    }
}
