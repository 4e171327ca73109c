package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.sql.SQLException;
import java.util.function.IntFunction;

/**
 * Rows as an outage leaves them: our publisher stored them once, and every round drains copies of the first of them.
 */
final class Backlog {

    private static final int PUBLISHING_THREADS = 8;

    private final Database database;

    private final String table;

    private final String columns;

    private Backlog(Database database, String table, String columns) {
        this.database = database;
        this.table = table;
        this.columns = columns;
    }

    /**
     * Has events stored while the broker is gone, and starts it again.
     * @param table a name for the originals
     * @param keys the key of an event's number
     */
    static Backlog store(Servers servers, Database database, String table, int rows, IntFunction<String> keys)
            throws Exception {
        servers.kafka().kill();
        try (Application application = Application.start(servers);
                Callers callers = new Callers(PUBLISHING_THREADS)) {
            application.awaitCircuit("OPEN");
            EventPublisher publisher = application.publisher();
            callers.publish(
                    rows,
                    event -> publisher.publish(Servers.TOPIC, keys.apply(event), Events.value(event)),
                    result -> result.outcome() == Outcome.STORED);
        }
        database.execute(
                "create table " + table + " as select * from " + Database.EVENTS + " order by id",
                "truncate " + Database.EVENTS);
        servers.kafka().start();
        return new Backlog(
                database,
                table,
                database.text("select string_agg(column_name, ', ' order by ordinal_position)"
                        + " from information_schema.columns where table_name = '" + table
                        + "' and column_name <> 'id'"));
    }

    /**
     * Copies the first rows into a table.
     */
    void copyTo(String target, int rows) throws SQLException {
        this.database.execute("insert into " + target + " (" + this.columns + ") select " + this.columns + " from "
                + this.table + " order by id limit " + rows);
    }

    /**
     * Copies the first rows into a table that has copies of them.
     */
    void copyAgainTo(String target, int rows) throws SQLException {
        this.database.execute("insert into " + target + " (" + this.columns + ") select "
                + this.columns.replace("row_id", "gen_random_uuid()") + " from " + this.table + " order by id limit "
                + rows);
    }

    /**
     * Fills the table with copies that were settled long ago. Its indexes are made afterwards, which is faster.
     * @param times how many copies of each row
     */
    void copySettled(int times) throws SQLException {
        String indexes = this.database.text("select string_agg(indexdef, ';') from pg_indexes where tablename = '"
                + Database.EVENTS + "' and indexdef not like '%(id)%'");
        this.database.execute(
                this.database.text("select 'drop index ' || string_agg(indexname, ', ') from pg_indexes"
                        + " where tablename = '" + Database.EVENTS + "' and indexdef not like '%(id)%'"),
                "insert into " + Database.EVENTS + " (" + this.columns + ") select "
                        + this.columns
                                .replace("row_id", "gen_random_uuid()")
                                .replace("event_id", "gen_random_uuid()")
                                .replace("status", "'RESOLVED'")
                                .replace("resolved_at", "now()")
                        + " from " + this.table + " cross join generate_series(1, " + times + ")",
                indexes);
        this.database.settleDown(Database.EVENTS);
    }
}
