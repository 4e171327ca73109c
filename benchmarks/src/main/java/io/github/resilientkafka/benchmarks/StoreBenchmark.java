package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.sql.SQLException;
import java.util.List;

/**
 * An outage: how fast events become durable in the database, beside the fastest way known to insert the same rows.
 */
final class StoreBenchmark implements Benchmark {

    private static final int EVENTS = 200_000;

    private static final int THREADS = 8;

    /** Many: a round is short, and what disturbs the machine for a second or two must not decide. */
    private static final int ROUNDS = 15;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int events = scale.of(EVENTS);
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers);
                Database database = new Database(servers);
                Callers callers = new Callers(THREADS)) {
            application.awaitReady();
            servers.kafka().kill();
            EventPublisher publisher = application.publisher();
            publisher.publish(Servers.TOPIC, Events.key(0), Events.value(0)).get();
            application.awaitCircuit("OPEN");
            publish(callers, 1, publisher);
            RawInsert rawInsert = RawInsert.like(servers);
            Comparison<Rate> comparison = Comparison.interleaved(
                    scale.rounds(ROUNDS),
                    () -> ours(callers, events, publisher, database),
                    () -> reference(rawInsert, events, database));
            return List.of(comparison.figure(
                    "store-while-open", THREADS + " threads", "events/s", Target.atLeast(0.85), Rate::perSecond));
        }
    }

    private static Rate ours(Callers callers, int events, EventPublisher publisher, Database database)
            throws Exception {
        empty(database);
        Rate rate = Rate.of(events, () -> publish(callers, events, publisher));
        database.requireCount(Database.EVENTS, "status = 'PENDING'", events);
        return rate;
    }

    private static void publish(Callers callers, int events, EventPublisher publisher) throws Exception {
        callers.publish(
                events,
                event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                StoreBenchmark::isStored);
    }

    private static boolean isStored(PublishResult result) {
        return result.outcome() == Outcome.STORED;
    }

    private static Rate reference(RawInsert rawInsert, int events, Database database) throws Exception {
        empty(database);
        int rounded = RawInsert.roundedUp(events);
        Rate rate = Rate.of(rounded, () -> rawInsert.run(rounded));
        database.requireCount(Database.EVENTS, "status = 'PENDING'", rounded);
        return rate;
    }

    private static void empty(Database database) throws SQLException {
        database.execute("truncate " + Database.EVENTS);
        database.settleDown(Database.EVENTS);
    }
}
