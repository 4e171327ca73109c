package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.support.EncodedResource;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.init.ScriptUtils;
import org.springframework.util.ClassUtils;

/**
 * Runs the versioned scripts: by Flyway when the application has it, with a history table of our own, else by Spring
 * under a lock. They do no harm when they are run again.
 */
class SchemaMigration {

    /**
     * The newest version of the schema.
     */
    static final int VERSION = 1;

    /**
     * The scripts in order, the same for every database.
     */
    static final List<String> SCRIPTS = List.of("V1__failed_events_and_lanes.sql");

    private static final Logger logger = LoggerFactory.getLogger(SchemaMigration.class);

    /** Any number will do as long as every instance uses the same. */
    private static final long ADVISORY_LOCK = 0x52_4B_73_63_68_65_6D_61L;

    private static final ReentrantLock LOCK_OF_THIS_PROCESS = new ReentrantLock();

    private static final ClassLoader LOADER = SchemaMigration.class.getClassLoader();

    private static final boolean FLYWAY_PRESENT = ClassUtils.isPresent("org.flywaydb.core.Flyway", LOADER);

    private final DataSource dataSource;

    private final JdbcSession session;

    private final DatabaseVendor vendor;

    private final StoreScope scope;

    SchemaMigration(DataSource dataSource, DatabaseVendor vendor, StoreScope scope) {
        this.dataSource = dataSource;
        // Scripts may take their time, and wait for another instance that is running them.
        this.session = new JdbcSession(dataSource, () -> {}, Duration.ofMinutes(10));
        this.vendor = vendor;
        this.scope = scope;
    }

    /**
     * Runs what has not been run yet.
     */
    void run() {
        if (!FLYWAY_PRESENT || !runByFlyway()) {
            runScripts();
        }
    }

    private boolean runByFlyway() {
        try {
            FlywayMigration.run(this.dataSource, this.vendor, flywaySchema());
            return true;
        } catch (RuntimeException | LinkageError ex) {
            if (SqlErrors.state(ex).startsWith("08")) {
                throw new DataAccessResourceFailureException("Flyway could not reach the database", ex);
            }
            logger.info("Flyway cannot run the event store's scripts, so they are run without it"
                    + (this.vendor == DatabaseVendor.POSTGRESQL ? " (it needs flyway-database-postgresql): " : ": ")
                    + String.valueOf(ex.getMessage()).lines().findFirst().orElse(""));
            return false;
        }
    }

    /** Flyway quotes the name, so it must be written as the database keeps it. */
    private @Nullable String flywaySchema() {
        return this.session
                .run("look up the schema", connection -> SchemaTables.schema(connection, this.vendor, this.scope))
                .orElse(null);
    }

    void runScripts() {
        LOCK_OF_THIS_PROCESS.lock();
        try {
            this.session.inTransaction("run the schema scripts", connection -> {
                if (this.vendor == DatabaseVendor.POSTGRESQL) {
                    runLocked(connection);
                } else {
                    String schema = connection.getSchema();
                    useSchema(connection, "create schema if not exists %s", "set schema %s");
                    scripts(connection);
                    connection.setSchema(schema);
                }
                return true;
            });
        } finally {
            LOCK_OF_THIS_PROCESS.unlock();
        }
    }

    /** All in one transaction: the lock, the search path and the tables end with it. */
    private void runLocked(Connection connection) throws SQLException {
        execute(connection, "select pg_advisory_xact_lock(" + ADVISORY_LOCK + ")");
        useSchema(
                connection,
                // "if not exists" asks for the right to create schemas even where there is nothing to create.
                "do $$ begin if to_regnamespace('%1$s') is null then create schema %1$s; end if; end $$",
                "set local search_path to %s");
        Optional<String> schema = SchemaTables.schema(connection, this.vendor, this.scope);
        if (schema.isPresent()) {
            execute(connection, "set local search_path to \"" + schema.get().replace("\"", "\"\"") + '"');
        }
        scripts(connection);
    }

    private void useSchema(Connection connection, String create, String use) throws SQLException {
        if (this.scope.schema() != null) {
            execute(connection, create.formatted(this.scope.schema()));
            execute(connection, use.formatted(this.scope.schema()));
        }
    }

    private void scripts(Connection connection) {
        for (String script : SCRIPTS) {
            ScriptUtils.executeSqlScript(
                    connection,
                    new EncodedResource(new ClassPathResource(this.vendor.scripts() + script, LOADER), "UTF-8"));
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
