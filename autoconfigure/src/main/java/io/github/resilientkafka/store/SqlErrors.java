package io.github.resilientkafka.store;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the error of the database that tells most in a chain of causes: the innermost one.
 */
final class SqlErrors {

    private SqlErrors() {}

    /**
     * Returns its SQLState.
     * @param error any error
     * @return the SQLState, or the empty string where there is none
     */
    static String state(Throwable error) {
        SQLException sql = find(error);
        String state = sql == null ? null : sql.getSQLState();
        return state == null ? "" : state;
    }

    /**
     * Returns its message.
     * @param error any error
     * @return the message, or that of the error itself where no database is involved
     */
    static String message(Throwable error) {
        SQLException sql = find(error);
        return String.valueOf(sql == null ? error.getMessage() : sql.getMessage());
    }

    private static @Nullable SQLException find(Throwable error) {
        SQLException innermost = null;
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                innermost = sql;
            }
        }
        return innermost;
    }
}
