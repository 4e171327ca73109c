package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The broker is back: how long until the last stored event is delivered, beside a second and the time that draining as many
 * rows takes while all is well.
 */
final class RecoveryBenchmark implements Benchmark {

    private static final int EVENTS = 100_000;

    private static final int THREADS = 8;

    private static final int ROUNDS = 4;

    private static final double SECONDS_TO_NOTICE = 1;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int events = scale.of(EVENTS);
        try (Servers servers = Servers.launch();
                Database database = new Database(servers)) {
            Backlog backlog = Backlog.store(servers, database, "backlog", events, Events::key);
            try (Application application = Application.start(servers);
                    Callers callers = new Callers(THREADS)) {
                application.awaitReady();
                RelayDrain relay = new RelayDrain(servers, database, List.of(application));
                return List.of(Comparison.interleaved(
                                scale.rounds(ROUNDS),
                                () -> secondsUntilDelivered(servers, database, application, callers, events),
                                () -> SECONDS_TO_NOTICE
                                        + relay.drain(backlog, events, DrainEnd.UPDATE)
                                                .seconds())
                        .figure("recovery", events + " events", "s", Target.atMost(1), Double::doubleValue));
            }
        }
    }

    private static double secondsUntilDelivered(
            Servers servers, Database database, Application application, Callers callers, int events) throws Exception {
        database.execute("truncate " + Database.EVENTS);
        long records = servers.records();
        servers.kafka().kill();
        EventPublisher publisher = application.publisher();
        publisher.publish(Servers.TOPIC, Events.key(0), Events.value(0)).get();
        application.awaitCircuit("OPEN");
        callers.publish(
                events - 1,
                event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                result -> result.outcome() == Outcome.STORED);
        database.settleDown(Database.EVENTS);
        LastRows last = LastRows.look(database);
        CompletableFuture<Void> started =
                CompletableFuture.runAsync(() -> servers.kafka().start());
        long back = BrokerProbe.awaitAnswer(servers);
        Application.await("all events are delivered", last::areSettled);
        double seconds = (System.nanoTime() - back) / 1e9;
        started.get();
        database.requireCount(Database.EVENTS, "status = 'RESOLVED'", events);
        servers.requireRecords(records + events);
        application.awaitReady();
        return seconds;
    }
}
