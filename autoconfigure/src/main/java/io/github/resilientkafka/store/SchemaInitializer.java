package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.TransientDataAccessException;

/**
 * Sees to it that the tables are there: creates or upgrades them at start-up where it may, else verifies them.
 * <p>
 * When the tables are there already, in the newest version, nothing is run at all, so an application without the right
 * to create tables works once somebody has run the scripts for it.
 * <p>
 * A database that does not answer does not keep the application from starting: with Kafka up, events flow without it.
 * A warning is logged and the tables are looked at again before the first use that succeeds. Wrong credentials, missing
 * tables and missing rights are mistakes, not outages: they do stop the start.
 */
class SchemaInitializer implements InitializingBean {

    private static final Logger logger = LoggerFactory.getLogger(SchemaInitializer.class);

    private static final String MIGRATE = "resilient-kafka.fallback.migrate";

    /** What PostgreSQL and H2 say of a column that is not there. */
    private static final Set<String> NO_SUCH_COLUMN = Set.of("42703", "42S22");

    private final SchemaTables tables;

    private final SchemaMigration migration;

    private final DatabaseVendor vendor;

    private final StoreScope scope;

    private final boolean migrate;

    private final ReentrantLock lock = new ReentrantLock();

    private volatile boolean ready;

    SchemaInitializer(DataSource dataSource, DatabaseVendor vendor, StoreScope scope, boolean migrate) {
        this.vendor = vendor;
        this.scope = scope;
        this.migrate = migrate;
        this.tables = new SchemaTables(new JdbcSession(dataSource, () -> {}), vendor, scope);
        this.migration = new SchemaMigration(dataSource, vendor, scope);
    }

    @Override
    public void afterPropertiesSet() {
        try {
            ensureReady();
        } catch (DataAccessException ex) {
            refuseMistakes(ex);
            logger.warn("The event store's database does not answer; until it does, events that Kafka cannot take are"
                    + " not stored. The tables will be looked at when it is back: " + ex.getMessage());
        }
    }

    /**
     * Prepares the tables unless that is done. For use before every operation.
     * @throws DataAccessException if the database does not answer, or the tables are not as they should be
     */
    void beforeUse() {
        if (this.ready) {
            return;
        }
        try {
            ensureReady();
        } catch (ConfigurationException ex) {
            throw new InvalidDataAccessResourceUsageException(ex.getMessage() + " " + ex.cure(), ex);
        }
    }

    private void ensureReady() {
        acquireLock();
        try {
            if (!this.ready) {
                prepare();
                this.ready = true;
            }
        } finally {
            this.lock.unlock();
        }
    }

    /** Bounded: while the database hangs, threads must not queue up here for longer than one of its answers. */
    private void acquireLock() {
        try {
            Duration limit = JdbcSession.NETWORK_TIMEOUT;
            if (!this.lock.tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new DataAccessResourceFailureException("The event store is still being prepared");
            }
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new DataAccessResourceFailureException("Interrupted while the event store is being prepared", ex);
        }
    }

    private void prepare() {
        DataAccessException problem = this.tables.problem();
        if (this.migrate && (problem != null || this.tables.version() < SchemaMigration.VERSION)) {
            RuntimeException failure = migrate();
            problem = this.tables.problem();
            if (problem == null && failure != null) {
                logger.warn("The schema scripts could not be run, but the tables are usable", failure);
            } else if (problem != null && failure != null && !areOfASnapshot(problem)) {
                throw unusable(failure, cure());
            }
        }
        if (problem != null) {
            throw unusable(problem, areOfASnapshot(problem) ? cureOfASnapshot() : cure());
        }
        this.tables.insertLanes();
    }

    private @Nullable RuntimeException migrate() {
        try {
            this.migration.run();
            return null;
        } catch (DataAccessResourceFailureException | TransientDataAccessException ex) {
            throw ex;
        } catch (RuntimeException ex) {
            return ex;
        }
    }

    private ConfigurationException unusable(RuntimeException problem, String cure) {
        return new ConfigurationException(
                MIGRATE,
                (this.migrate
                                ? "the tables of the event store could not be created or upgraded"
                                : "it is false, and the tables of the event store are missing or not usable")
                        + place() + ": " + SqlErrors.message(problem),
                cure,
                problem);
    }

    private String cure() {
        return "Run the scripts in classpath:" + this.vendor.scripts() + " (in the autoconfigure jar)" + place()
                + ", in order, as a user who may create tables, and grant the application's user select, insert,"
                + " update and delete; or let the application do it: " + MIGRATE
                + "=true and the right to create tables. The schema is chosen by resilient-kafka.schema.";
    }

    /** All scripts have been run, so none will add the missing column. */
    private boolean areOfASnapshot(DataAccessException problem) {
        return NO_SUCH_COLUMN.contains(SqlErrors.state(problem)) && this.tables.version() == SchemaMigration.VERSION;
    }

    private String cureOfASnapshot() {
        return "The tables were made by a snapshot of this version, or have been changed since, and no script adds what"
                + " they lack. Let whatever made them run until no row of failed_kafka_events is needed any more (none"
                + " has another status than RESOLVED), then drop failed_kafka_events, kafka_lane and "
                + FlywayMigration.HISTORY + place() + " and make them anew. " + cure();
    }

    private String place() {
        return this.scope.schema() == null ? "" : " in schema " + this.scope.schema();
    }

    /** SQLState 28: refused for the credentials; 3D: no such database. */
    private static void refuseMistakes(DataAccessException ex) {
        String state = SqlErrors.state(ex);
        if (state.startsWith("28") || state.startsWith("3D")) {
            throw new ConfigurationException(
                    "spring.datasource.url",
                    "the event store's database refuses the connection: " + SqlErrors.message(ex),
                    "Correct the URL, user name or password of the DataSource.",
                    ex);
        }
        if (!(ex instanceof DataAccessResourceFailureException || ex instanceof TransientDataAccessException)) {
            throw ex;
        }
    }
}
