package io.github.resilientkafka;

import io.github.resilientkafka.store.EventStatus;
import io.github.resilientkafka.testing.LocalPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * What an application's tables hold, seen from outside: also before it starts and after it died.
 */
public final class EventTables {

    private final JdbcTemplate jdbc;

    private final JdbcTemplate server;

    private final String database;

    public EventTables(LocalPostgres postgres, String url) {
        this.jdbc = new JdbcTemplate(new DriverManagerDataSource(url, postgres.username(), postgres.password()));
        this.server = new JdbcTemplate(
                new DriverManagerDataSource(postgres.jdbcUrl(), postgres.username(), postgres.password()));
        this.database = url.substring(url.lastIndexOf('/') + 1);
    }

    /**
     * The names of a schema's tables.
     */
    public List<String> names(String schema) {
        return this.jdbc.queryForList("select tablename from pg_tables where schemaname = ?", String.class, schema);
    }

    /**
     * Runs a statement of the database's owner.
     */
    public void execute(String sql) {
        this.jdbc.execute(sql);
    }

    /**
     * A lane as it stands.
     */
    public record Lane(
            int number,
            @Nullable String owner,
            long epoch,
            @Nullable Instant expiresAt) {

        public boolean isLeased() {
            return this.owner != null;
        }

        /**
         * The instance that owns it; its name is followed by the worker's.
         */
        public String instance() {
            return (this.owner == null) ? "" : this.owner.substring(0, this.owner.indexOf('/'));
        }
    }

    /**
     * A stored event.
     */
    public record Row(
            long id,
            int lane,
            String value,
            Instant createdAt,
            @Nullable Instant resolvedAt,
            int attempts) {}

    public long count(EventStatus status) {
        Long count = this.jdbc.queryForObject(
                "select count(*) from failed_kafka_events where status = ?", Long.class, status.name());
        return (count == null) ? 0 : count;
    }

    public List<Row> rows(EventStatus status) {
        return this.jdbc.query(
                """
                select id, lane, convert_from(payload, 'UTF8') as value, created_at, resolved_at, attempts
                  from failed_kafka_events
                 where status = ?""",
                (row, number) -> new Row(
                        row.getLong("id"),
                        row.getInt("lane"),
                        row.getString("value"),
                        row.getTimestamp("created_at").toInstant(),
                        instant(row.getTimestamp("resolved_at")),
                        row.getInt("attempts")),
                status.name());
    }

    public static Set<String> values(List<Row> rows) {
        return rows.stream().map(Row::value).collect(Collectors.toCollection(HashSet::new));
    }

    public List<Lane> leasedLanes() {
        return lanes().stream().filter(Lane::isLeased).toList();
    }

    public List<Lane> lanes() {
        return this.jdbc.query(
                "select lane, owner, epoch, expires_at from kafka_lane order by lane",
                (row, number) -> new Lane(
                        row.getInt("lane"),
                        row.getString("owner"),
                        row.getLong("epoch"),
                        instant(row.getTimestamp("expires_at"))));
    }

    /**
     * How many rows all lanes together say they have resolved.
     */
    public long resolvedTotal() {
        Long total = this.jdbc.queryForObject("select sum(resolved) from kafka_lane", Long.class);
        return (total == null) ? 0 : total;
    }

    /**
     * How many rows a lane says it has resolved.
     */
    public long resolved(int lane) {
        Long total = this.jdbc.queryForObject("select resolved from kafka_lane where lane = ?", Long.class, lane);
        return (total == null) ? 0 : total;
    }

    /**
     * How many connections there are to the database, ours not counted.
     */
    public int connections() {
        Integer count = this.server.queryForObject(
                "select count(*) from pg_stat_activity where datname = ?", Integer.class, this.database);
        return (count == null) ? 0 : count;
    }

    /**
     * Locks the events, so that lanes can be leased and rows be read, but nobody can store or settle anything, until the
     * result is closed.
     */
    public WriteLock lockWrites() throws SQLException {
        return new WriteLock(this.jdbc.getDataSource().getConnection());
    }

    /**
     * A transaction that keeps others from writing events.
     */
    public final class WriteLock implements AutoCloseable {

        private final Connection connection;

        private WriteLock(Connection connection) throws SQLException {
            this.connection = connection;
            connection.setAutoCommit(false);
            execute("lock table failed_kafka_events in share mode");
        }

        /**
         * Ends everybody else's connections, with the statements they wait for.
         */
        public void endOthers() throws SQLException {
            execute("select pg_terminate_backend(pid) from pg_stat_activity"
                    + " where datname = current_database() and pid <> pg_backend_pid()");
        }

        private void execute(String sql) throws SQLException {
            try (Statement statement = this.connection.createStatement()) {
                statement.execute(sql);
            }
        }

        @Override
        public void close() throws SQLException {
            this.connection.close();
        }
    }

    private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
        return (timestamp == null) ? null : timestamp.toInstant();
    }
}
