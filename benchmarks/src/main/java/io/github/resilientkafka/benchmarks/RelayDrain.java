package io.github.resilientkafka.benchmarks;

import java.sql.SQLException;
import java.util.List;
import org.springframework.context.Lifecycle;

/**
 * The relays of one or more instances, which bring stored rows back to Kafka.
 */
final class RelayDrain {

    private final Servers servers;

    private final Database database;

    private final List<Lifecycle> relays;

    RelayDrain(Servers servers, Database database, List<Application> instances) {
        this.servers = servers;
        this.database = database;
        this.relays = instances.stream()
                .map(instance -> (Lifecycle) instance.retries())
                .toList();
    }

    /**
     * Drains copies of a backlog's rows from an otherwise empty table. Making the relay's producer anew is a part of its
     * time.
     * @param end what becomes of the rows
     */
    Effort drain(Backlog backlog, int rows, DrainEnd end) throws Exception {
        // Stopped, or it might find the rows before time is taken.
        this.relays.forEach(Lifecycle::stop);
        // Nothing of the other side's is left to be vacuumed or written back.
        this.database.execute(
                "truncate " + Database.EVENTS + ", " + IdealLoop.TABLE, "update kafka_lane set drained_to = 0");
        backlog.copyTo(Database.EVENTS, rows);
        this.database.settleDown(Database.EVENTS);
        String pending = lastOfEachLane();
        long records = this.servers.records();
        Effort effort = Effort.of(rows, () -> {
            this.relays.forEach(Lifecycle::start);
            Application.await("all rows are settled", () -> isZero(pending));
        });
        end.require(this.database, Database.EVENTS, rows);
        this.servers.requireRecords(records + rows);
        return effort;
    }

    /**
     * Counts how many of the lanes have not got to their last row. They keep the order of their rows, so that a few look-ups
     * do, which cost next to nothing however many rows there are.
     */
    private String lastOfEachLane() throws SQLException {
        return "select count(*) from " + Database.EVENTS + " where status = 'PENDING' and id in ("
                + this.database.text("select string_agg(last::text, ',') from (select max(id) as last from "
                        + Database.EVENTS + " where status = 'PENDING' group by lane) lanes")
                + ")";
    }

    private boolean isZero(String count) {
        try {
            return this.database.number(count) == 0;
        } catch (SQLException ex) {
            throw new IllegalStateException(ex);
        }
    }
}
