package io.github.resilientkafka.store;

import java.sql.SQLException;

/**
 * Looks for the SQLState that tells most in a chain of causes.
 */
final class SqlStates {

    private SqlStates() {}

    /**
     * Returns the SQLState of the innermost error of the database.
     * @param error any error
     * @return the SQLState, or the empty string where there is none
     */
    static String innermost(Throwable error) {
        String state = "";
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                state = sql.getSQLState();
            }
        }
        return state;
    }
}
