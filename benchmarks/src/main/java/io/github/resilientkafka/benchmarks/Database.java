package io.github.resilientkafka.benchmarks;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A connection that prepares tables and counts rows, beside what is measured.
 */
final class Database implements AutoCloseable {

    static final String EVENTS = "failed_kafka_events";

    private final Connection connection;

    Database(Servers servers) throws SQLException {
        this.connection = servers.connect();
    }

    void execute(String... statements) throws SQLException {
        try (Statement statement = this.connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /**
     * Makes every round start alike: statistics as they are, no dead rows, no pages to be written in full later.
     */
    void settleDown(String table) throws SQLException {
        execute("vacuum analyze " + table, "checkpoint");
    }

    long number(String sql) throws SQLException {
        try (Statement statement = this.connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    String text(String sql) throws SQLException {
        try (Statement statement = this.connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    void requireCount(String table, String condition, long expected) throws SQLException {
        long found = number("select count(*) from " + table + " where " + condition);
        if (found != expected) {
            throw new IllegalStateException(found + " rows of " + table + " where " + condition + ", not " + expected);
        }
    }

    @Override
    public void close() throws SQLException {
        this.connection.close();
    }
}
