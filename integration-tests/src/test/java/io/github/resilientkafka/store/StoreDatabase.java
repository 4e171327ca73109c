package io.github.resilientkafka.store;

import com.zaxxer.hikari.HikariDataSource;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.message.EventIds;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.testing.LocalPostgres;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A database with the store's tables for one test, and rows to put into it.
 */
final class StoreDatabase implements AutoCloseable {

    static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456Z");

    static final Duration LEASE = Duration.ofMinutes(1);

    /** Such a lease has expired before it begins. */
    static final Duration EXPIRED = Duration.ofMinutes(-1);

    private final HikariDataSource application = new HikariDataSource();

    private final HikariDataSource pool;

    StoreDatabase(LocalPostgres postgres) {
        this(postgres, postgres.createDatabase(TestApplication.unique("store")), postgres.username());
    }

    StoreDatabase(LocalPostgres postgres, String url, String user) {
        this.application.setJdbcUrl(url);
        this.application.setUsername(user);
        this.application.setPassword(postgres.password());
        this.pool = HikariPoolCopy.of(this.application);
    }

    HikariDataSource pool() {
        return this.pool;
    }

    /** A connection beside the pool's. */
    Connection newConnection() throws SQLException {
        return DriverManager.getConnection(
                this.application.getJdbcUrl(), this.application.getUsername(), this.application.getPassword());
    }

    JdbcTemplate jdbc() {
        return new JdbcTemplate(this.pool);
    }

    JdbcEventStore store() {
        return store("app", true);
    }

    JdbcEventStore store(String namespace, boolean retain) {
        return DatabaseVendor.POSTGRESQL.eventStore(session(namespace), scope(null, namespace), retain);
    }

    FailedEvents events() {
        return events("app");
    }

    FailedEvents events(String namespace) {
        return DatabaseVendor.POSTGRESQL.failedEvents(session(namespace), scope(null, namespace));
    }

    DeadLetterRows deadLetters() {
        return DatabaseVendor.POSTGRESQL.deadLetterRows(session("app"), scope(null, "app"));
    }

    SchemaInitializer schema(String schema, boolean migrate) {
        return new SchemaInitializer(this.pool, DatabaseVendor.POSTGRESQL, scope(schema, "app"), migrate);
    }

    private JdbcSession session(String namespace) {
        SchemaInitializer schema =
                new SchemaInitializer(this.pool, DatabaseVendor.POSTGRESQL, scope(null, namespace), true);
        return new JdbcSession(this.pool, schema::beforeUse);
    }

    static StoreScope scope(String schema, String namespace) {
        return new StoreScope(schema, namespace, StoreScope.DEFAULT_CHANNEL);
    }

    @Override
    public void close() {
        this.pool.close();
        this.application.close();
    }

    /**
     * So many rows for each of the lanes, in turn.
     */
    static List<FailedEvent> rows(int perLane, int... lanes) {
        return IntStream.range(0, perLane * lanes.length)
                .mapToObj(i -> row(lanes[i % lanes.length], "key-" + i, NOW))
                .toList();
    }

    static FailedEvent row(int lane, String key, Instant dueAt) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return row(lane, key, bytes, bytes, "[[\"ce_id\",\"1\"]]", "Placed", "it failed", dueAt);
    }

    static FailedEvent row(
            int lane,
            String keyText,
            byte[] key,
            byte[] payload,
            String headers,
            String type,
            String message,
            Instant dueAt) {
        return new FailedEvent(
                EventIds.next(dueAt.toEpochMilli()),
                EventIds.next(dueAt.toEpochMilli()),
                lane,
                "orders",
                3,
                1_700_000_000_123L,
                key,
                keyText,
                payload,
                headers,
                type,
                FailureKind.OUTAGE,
                "java.net.ConnectException",
                message,
                dueAt,
                dueAt);
    }

    static FailedAttempt attempt(StoredEvent row, EventStatus from, EventStatus to) {
        return new FailedAttempt(
                row.id(), row.lane(), from, to, row.attempts() + 1, NOW.plusSeconds(60), FailureKind.RECORD, "E", "m");
    }
}
