package io.github.resilientkafka.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * Runs work on a connection of the store: bounded in time, never part of a caller's transaction, errors translated.
 * <p>
 * The connection is left as it was found, since it may come from a pool that does not tidy up.
 */
final class JdbcSession {

    /**
     * How long one answer of the database may take: a frozen server must not hang a thread.
     */
    static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(10);

    private final DataSource dataSource;

    private final Runnable preparation;

    private final int networkTimeout;

    private final SQLExceptionTranslator translator = new SQLExceptionSubclassTranslator();

    /**
     * Creates a session.
     * @param dataSource where connections come from
     * @param preparation run before every piece of work, without a connection; cheap once it has succeeded
     */
    JdbcSession(DataSource dataSource, Runnable preparation) {
        this(dataSource, preparation, NETWORK_TIMEOUT);
    }

    JdbcSession(DataSource dataSource, Runnable preparation, Duration networkTimeout) {
        this.dataSource = dataSource;
        this.preparation = preparation;
        this.networkTimeout = (int) networkTimeout.toMillis();
    }

    /**
     * Runs work whose statements commit one by one.
     * @param <T> type of the result
     * @param task what it does, for error messages
     * @param work the work
     * @return its result
     */
    <T> T run(String task, Work<T> work) {
        return execute(task, true, work);
    }

    /**
     * Runs work in a transaction of its own, rolled back when it throws.
     * @param <T> type of the result
     * @param task what it does, for error messages
     * @param work the work
     * @return its result
     */
    <T> T inTransaction(String task, Work<T> work) {
        return execute(task, false, connection -> {
            try {
                limitStandstill(connection);
                T result = work.on(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException | Error ex) {
                rollback(connection, ex);
                throw ex;
            }
        });
    }

    private <T> T execute(String task, boolean autoCommit, Work<T> work) {
        this.preparation.run();
        try (Connection connection = borrow()) {
            boolean found = connection.getAutoCommit();
            int timeout = limit(connection);
            if (found != autoCommit) {
                connection.setAutoCommit(autoCommit);
            }
            try {
                return work.on(connection);
            } finally {
                restore(connection, found, autoCommit, timeout);
            }
        } catch (SQLException ex) {
            throw translate(task, ex);
        }
    }

    private Connection borrow() {
        try {
            return this.dataSource.getConnection();
        } catch (SQLException ex) {
            throw new CannotGetJdbcConnectionException(
                    "No connection to the event store's database: " + SqlErrors.message(ex), ex);
        }
    }

    /**
     * Sets the network time-out, which costs no round trip with PostgreSQL, and returns the one found; -1 where the
     * driver has none.
     */
    private int limit(Connection connection) throws SQLException {
        try {
            int found = connection.getNetworkTimeout();
            if (found > 0 && found <= this.networkTimeout) {
                return -1;
            }
            connection.setNetworkTimeout(Runnable::run, this.networkTimeout);
            return found;
        } catch (SQLFeatureNotSupportedException | AbstractMethodError ex) {
            return -1;
        }
    }

    private static void restore(Connection connection, boolean found, boolean autoCommit, int timeout) {
        try {
            if (connection.isClosed()) {
                return;
            }
            if (found != autoCommit) {
                connection.setAutoCommit(found);
            }
            if (timeout >= 0) {
                connection.setNetworkTimeout(Runnable::run, timeout);
            }
        } catch (SQLException ex) {
            // The connection is broken: the error of the work itself, if any, says more, and the pool will notice.
        }
    }

    /**
     * A process that stands still between two statements must not keep its locks: others could not take its lanes over.
     * Local to the transaction, so that nothing of it is left in a pooled session.
     */
    private static void limitStandstill(Connection connection) throws SQLException {
        if (connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("set local idle_in_transaction_session_timeout = '2s'");
            }
        }
    }

    private static void rollback(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException ex) {
            cause.addSuppressed(ex);
        }
    }

    private DataAccessException translate(String task, SQLException ex) {
        DataAccessException translated = this.translator.translate(task, null, ex);
        return translated != null ? translated : new UncategorizedSQLException(task, null, ex);
    }

    /**
     * Something to do with a connection.
     *
     * @param <T> type of the result
     */
    @FunctionalInterface
    interface Work<T> {

        /**
         * Does it.
         * @param connection open, not to be kept
         * @return the result
         * @throws SQLException when the database cannot do it
         */
        T on(Connection connection) throws SQLException;
    }
}
