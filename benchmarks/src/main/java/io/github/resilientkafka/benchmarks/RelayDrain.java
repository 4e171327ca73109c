package io.github.resilientkafka.benchmarks;

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
        this.relays = instances.stream().map(Application::relay).toList();
    }

    /**
     * Drains copies of a backlog's rows from an otherwise empty table. Making the relay's producer anew is a part of its
     * time.
     * @param end what becomes of the rows
     */
    Effort drain(Backlog backlog, int rows, DrainEnd end) throws Exception {
        stop();
        this.database.execute("truncate " + Database.EVENTS, "update kafka_lane set drained_to = 0");
        backlog.copyTo(Database.EVENTS, rows);
        return drain(rows, end, 0);
    }

    /**
     * Drains copies of a backlog's rows beside whatever settled rows there are.
     */
    Effort drainBesideSettledRows(Backlog backlog, int rows) throws Exception {
        stop();
        long settled = this.database.number("select count(*) from " + Database.EVENTS);
        backlog.copyAgainTo(Database.EVENTS, rows);
        return drain(rows, DrainEnd.UPDATE, settled);
    }

    /**
     * Stops the relays, or they might find rows before time is taken.
     */
    private void stop() {
        this.relays.forEach(Lifecycle::stop);
    }

    private Effort drain(int rows, DrainEnd end, long settledBefore) throws Exception {
        this.database.settleDown(Database.EVENTS);
        LastRows last = LastRows.look(this.database);
        long records = this.servers.records();
        Effort effort = Effort.of(rows, () -> {
            this.relays.forEach(Lifecycle::start);
            Application.await("all rows are settled", last::areSettled);
        });
        end.require(this.database, Database.EVENTS, settledBefore, rows);
        this.servers.requireRecords(records + rows);
        return effort;
    }
}
