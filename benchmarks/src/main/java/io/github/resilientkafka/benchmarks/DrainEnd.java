package io.github.resilientkafka.benchmarks;

import java.sql.SQLException;

/**
 * What becomes of a row when Kafka has acknowledged its event.
 */
enum DrainEnd {

    /** It is kept for {@code resilient-kafka.retry.retention}: the default. */
    UPDATE("update ideal_events set status = 'RESOLVED', resolved_at = now(), updated_at = now() where id = any(?)") {
        @Override
        void require(Database database, String table, long before, int rows) throws SQLException {
            database.requireCount(table, "status = 'RESOLVED'", before + rows);
            database.requireCount(table, "true", before + rows);
        }
    },

    /** It is deleted: {@code resilient-kafka.retry.retention=0}. */
    DELETE("delete from ideal_events where id = any(?)", "--resilient-kafka.retry.retention=0") {
        @Override
        void require(Database database, String table, long before, int rows) throws SQLException {
            database.requireCount(table, "true", before);
        }
    };

    private final String idealSettle;

    private final String[] arguments;

    DrainEnd(String idealSettle, String... arguments) {
        this.idealSettle = idealSettle;
        this.arguments = arguments;
    }

    /**
     * The statement of the {@link IdealLoop}.
     */
    String idealSettle() {
        return this.idealSettle;
    }

    /**
     * The settings of an application.
     */
    String[] arguments() {
        return this.arguments.clone();
    }

    /**
     * Fails unless exactly so many rows of a table have come to this end.
     * @param before rows that were settled before and are still there
     */
    abstract void require(Database database, String table, long before, int rows) throws SQLException;
}
