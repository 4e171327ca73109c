package io.github.resilientkafka.benchmarks;

import java.sql.SQLException;

/**
 * The last pending row of each lane. Lanes keep the order of their rows, so that a few look-ups tell whether all are settled,
 * which cost next to nothing however many rows there are.
 */
final class LastRows {

    private final Database database;

    private final String pending;

    private LastRows(Database database, String pending) {
        this.database = database;
        this.pending = pending;
    }

    static LastRows look(Database database) throws SQLException {
        String ids = database.text("select string_agg(last::text, ',') from (select max(id) as last from "
                + Database.EVENTS + " where status = 'PENDING' group by lane) lanes");
        return new LastRows(
                database,
                "select count(*) from " + Database.EVENTS + " where status = 'PENDING' and id in (" + ids + ")");
    }

    boolean areSettled() {
        try {
            return this.database.number(this.pending) == 0;
        } catch (SQLException ex) {
            throw new IllegalStateException(ex);
        }
    }
}
