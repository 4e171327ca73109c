package io.github.resilientkafka.store;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
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
        RuntimeException failure = null;
        if (this.migrate && (problem != null || this.tables.version() < SchemaMigration.VERSION)) {
            failure = migrate();
            problem = this.tables.problem();
        }
        if (problem != null) {
            throw unusable(problem, failure);
        }
        if (failure != null) {
            logger.warn("The schema scripts could not be run, but the tables are usable", failure);
        }
        this.tables.insertLanes();
        if (!this.tables.lanesHaveTheirNumber()) {
            throw wrongNumber();
        }
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

    private ConfigurationException unusable(DataAccessException problem, @Nullable RuntimeException failure) {
        boolean lackScope = this.tables.lackScope();
        RuntimeException cause = (failure == null || lackScope) ? problem : failure;
        return new ConfigurationException(
                MIGRATE,
                (this.migrate
                                ? "the tables of the event store could not be created or upgraded"
                                : "it is false, and the tables of the event store are missing or not usable")
                        + place() + ": " + SqlErrors.message(cause),
                lackScope ? cureOfMissingScope() : cure(),
                cause);
    }

    private String cure() {
        return "Run the scripts in classpath:" + this.vendor.scripts() + " (in the autoconfigure jar)" + place()
                + ", in order, as a user who may create tables, and grant the application's user select, insert,"
                + " update and delete; or let the application do it: " + MIGRATE
                + "=true and the right to create tables. The schema is chosen by resilient-kafka.schema.";
    }

    /** Tables of an earlier snapshot: of those the scripts believe that nothing is left to do. */
    private String cureOfMissingScope() {
        String events = this.scope.sql("{events}");
        String add = " add column if not exists scope integer not null default 0; ";
        return "The tables were made by an earlier snapshot; nothing in them is lost. Stop all applications that use them and run:"
                + " alter table " + events + add + "alter table " + this.scope.sql("{lanes}") + add
                + "drop index if exists " + events + "_pending; drop index if exists " + events
                + "_dlq_failed; then, by hand"
                + " and once more, the scripts in classpath:" + this.vendor.scripts() + " (in the autoconfigure jar)"
                + place() + ", which make these indexes anew. Start the applications: each says which number to set.";
    }

    private ConfigurationException wrongNumber() {
        String set = " set scope = " + this.scope.number() + " where namespace = " + literal(this.scope.namespace())
                + " and channel = " + literal(this.scope.channel()) + "; ";
        return new ConfigurationException(
                "resilient-kafka.namespace",
                "its lanes in " + this.scope.sql("{lanes}")
                        + " do not have the number that goes with it in their column scope,"
                        + " so what is stored would never be found: they were renamed by hand, or the column is new",
                "Stop all instances of this application, run: update " + this.scope.sql("{events}") + set + "update "
                        + this.scope.sql("{lanes}") + set + "and start them again.");
    }

    private static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
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
