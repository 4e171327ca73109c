package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherObserver;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.springframework.context.Lifecycle;

/**
 * After an outage: how fast stored events get to Kafka and are settled, beside the {@link IdealLoop}. Every round drains
 * copies of the same rows, which our publisher stored once.
 */
final class DrainBenchmark implements Benchmark {

    private static final int ROWS = 200_000;

    private static final int PUBLISHING_THREADS = 8;

    private static final String BACKLOG = "backlog";

    /** As {@code resilient-kafka.retry.lease} is by default: it shapes the relay's producer. */
    private static final Duration LEASE = Duration.ofSeconds(30);

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int rows = scale.of(ROWS);
        try (Servers servers = Servers.launch();
                Database database = new Database(servers)) {
            storeBacklog(servers, database, rows);
            IdealLoop.createTable(database);
            String columns = database.text("select string_agg(column_name, ', ' order by ordinal_position)"
                    + " from information_schema.columns where table_name = '" + BACKLOG + "' and column_name <> 'id'");
            try (Application application = Application.start(servers)) {
                application.awaitReady();
                ProducerSettings settings = application.producerSettings().forRelay(LEASE);
                IdealLoop ideal =
                        new IdealLoop(servers, () -> settings.createProducer("reference", PublisherObserver.NONE));
                Comparison<Rate> comparison = Comparison.interleaved(
                        scale.rounds(),
                        () -> ours(servers, database, columns, rows, application),
                        () -> reference(servers, database, columns, rows, ideal));
                return List.of(comparison.figure(
                        "drain", TwoThreads.COUNT + " threads", "events/s", Target.atLeast(0.8), Rate::perSecond));
            }
        }
    }

    /**
     * Real rows, as an outage leaves them.
     */
    private static void storeBacklog(Servers servers, Database database, int rows) throws Exception {
        servers.kafka().kill();
        try (Application application = Application.start(servers);
                Callers callers = new Callers(PUBLISHING_THREADS)) {
            application.awaitCircuit("OPEN");
            EventPublisher publisher = application.publisher();
            callers.publish(
                    rows,
                    event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                    result -> result.outcome() == Outcome.STORED);
        }
        database.execute(
                "create table " + BACKLOG + " as select * from " + Database.EVENTS + " order by id",
                "truncate " + Database.EVENTS);
        servers.kafka().start();
    }

    private static void refill(Database database, String table, String columns) throws SQLException {
        // Nothing of the other side's is left to be vacuumed or written back.
        database.execute(
                "truncate " + Database.EVENTS + ", " + IdealLoop.TABLE, "update kafka_lane set drained_to = 0");
        database.execute(
                "insert into " + table + " (" + columns + ") select " + columns + " from " + BACKLOG + " order by id");
        database.settleDown(table);
    }

    private static Rate ours(Servers servers, Database database, String columns, int rows, Application application)
            throws Exception {
        // Stopped, or it might find the rows before time is taken. Making its producer anew is a part of its time.
        Lifecycle relay = (Lifecycle) application.retries();
        relay.stop();
        refill(database, Database.EVENTS, columns);
        long target = resolved(database) + rows;
        long records = servers.records();
        Rate rate = Rate.of(rows, () -> {
            relay.start();
            Application.await("all rows are settled", () -> resolved(database) >= target);
        });
        requireAll(servers, database, Database.EVENTS, rows, records);
        return rate;
    }

    /**
     * The running totals, which are settled together with the rows: cheap to ask for.
     */
    private static long resolved(Database database) {
        try {
            return database.number("select sum(resolved) from kafka_lane");
        } catch (SQLException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static Rate reference(Servers servers, Database database, String columns, int rows, IdealLoop ideal)
            throws Exception {
        refill(database, IdealLoop.TABLE, columns);
        long records = servers.records();
        List<IdealLoop.Worker> workers = ideal.open();
        try {
            ConcurrentLinkedQueue<IdealLoop.Worker> free = new ConcurrentLinkedQueue<>(workers);
            Rate rate = Rate.of(
                    rows,
                    () -> TwoThreads.run(() -> {
                        free.remove().drain();
                        return null;
                    }));
            requireAll(servers, database, IdealLoop.TABLE, rows, records);
            return rate;
        } finally {
            for (IdealLoop.Worker worker : workers) {
                worker.close();
            }
        }
    }

    private static void requireAll(Servers servers, Database database, String table, int rows, long recordsBefore)
            throws Exception {
        database.requireCount(table, "status = 'RESOLVED'", rows);
        database.requireCount(table, "true", rows);
        long sent = servers.records() - recordsBefore;
        if (sent != rows) {
            throw new IllegalStateException(sent + " records were sent, not " + rows);
        }
    }
}
