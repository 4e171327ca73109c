package io.github.resilientkafka.store;

import com.zaxxer.hikari.HikariDataSource;
import io.github.resilientkafka.TestApplication;
import io.github.resilientkafka.testing.LocalPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A database of PostgreSQL with the store's tables for one test.
 */
final class StoreDatabase implements TestDatabase {

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

    @Override
    public JdbcEventStore store(String namespace, boolean retain) {
        return DatabaseVendor.POSTGRESQL.eventStore(session(namespace), scope(null, namespace), retain);
    }

    FailedEvents events() {
        return events("app");
    }

    @Override
    public FailedEvents events(String namespace) {
        return DatabaseVendor.POSTGRESQL.failedEvents(session(namespace), scope(null, namespace));
    }

    @Override
    public void execute(String sql) {
        jdbc().execute(sql);
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
}
