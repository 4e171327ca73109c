package io.github.resilientkafka.store;

import java.util.UUID;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.jdbcx.JdbcDataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A database of H2 in memory.
 */
final class H2Database implements TestDatabase {

    private final JdbcConnectionPool pool;

    H2Database() {
        this("");
    }

    /**
     * Opens a database with settings of its own, each behind a semicolon.
     */
    H2Database(String settings) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1" + settings);
        this.pool = JdbcConnectionPool.create(dataSource);
    }

    @Override
    public EventStore store(String namespace, boolean retain) {
        return DatabaseVendor.H2.eventStore(session(namespace), scope(namespace), retain);
    }

    @Override
    public FailedEvents events(String namespace) {
        return DatabaseVendor.H2.failedEvents(session(namespace), scope(namespace));
    }

    DeadLetterRows deadLetters(String namespace) {
        return DatabaseVendor.H2.deadLetterRows(session(namespace), scope(namespace));
    }

    JdbcTemplate jdbc() {
        return new JdbcTemplate(this.pool);
    }

    @Override
    public void execute(String sql) {
        jdbc().execute(sql);
    }

    private JdbcSession session(String namespace) {
        SchemaInitializer schema = new SchemaInitializer(this.pool, DatabaseVendor.H2, scope(namespace), true);
        return new JdbcSession(this.pool, schema::beforeUse);
    }

    private static StoreScope scope(String namespace) {
        return new StoreScope(null, namespace, StoreScope.DEFAULT_CHANNEL);
    }

    @Override
    public void close() {
        this.pool.dispose();
    }
}
