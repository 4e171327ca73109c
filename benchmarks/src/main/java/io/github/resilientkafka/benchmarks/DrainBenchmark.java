package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * After an outage: how fast stored events get to Kafka and are settled, beside the {@link IdealLoop} with the same end.
 */
final class DrainBenchmark implements Benchmark {

    static final int ROWS = 200_000;

    /** As {@code resilient-kafka.retry.lease} is by default: it shapes the relay's producer. */
    private static final Duration LEASE = Duration.ofSeconds(30);

    private final String name;

    private final DrainEnd end;

    private final Target target;

    private final IdealLoop.Indexes indexes;

    private final String setting;

    private DrainBenchmark(String name, String setting, DrainEnd end, Target target, IdealLoop.Indexes indexes) {
        this.name = name;
        this.setting = setting;
        this.end = end;
        this.target = target;
        this.indexes = indexes;
    }

    /**
     * Beside the loop on a table that is made for it.
     */
    static DrainBenchmark of(String name, DrainEnd end, Target target) {
        return new DrainBenchmark(name, TwoThreads.COUNT + " threads", end, target, IdealLoop.Indexes.ITS_OWN);
    }

    /**
     * Beside the loop on a table that has our indexes, too.
     */
    static DrainBenchmark withOurIndexes(String name, DrainEnd end) {
        return new DrainBenchmark(
                name,
                TwoThreads.COUNT + " threads, beside the loop with our indexes",
                end,
                Target.NONE,
                IdealLoop.Indexes.OURS_TOO);
    }

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int rows = scale.of(ROWS);
        try (Servers servers = Servers.launch();
                Database database = new Database(servers)) {
            Backlog backlog = Backlog.store(servers, database, "backlog", rows, Events::key);
            IdealLoop.createTable(database, this.indexes);
            try (Application application = Application.start(servers, this.end.arguments())) {
                application.awaitReady();
                ProducerSettings settings = application.producerSettings().forRelay(LEASE);
                IdealLoop ideal = new IdealLoop(
                        servers, () -> settings.createProducer("reference", PublisherObserver.NONE), this.end);
                RelayDrain relay = new RelayDrain(servers, database, List.of(application));
                Comparison<Effort> comparison = Comparison.interleaved(
                        scale.rounds(),
                        () -> ours(database, backlog, rows, relay),
                        () -> reference(servers, database, backlog, rows, ideal));
                return List.of(comparison.figure(this.name, this.setting, "events/s", this.target, Effort::perSecond));
            }
        }
    }

    private Effort ours(Database database, Backlog backlog, int rows, RelayDrain relay) throws Exception {
        // Nothing of the other side's is left to be vacuumed or written back.
        database.execute("truncate " + IdealLoop.TABLE);
        return relay.drain(backlog, rows, this.end);
    }

    private Effort reference(Servers servers, Database database, Backlog backlog, int rows, IdealLoop ideal)
            throws Exception {
        database.execute("truncate " + Database.EVENTS + ", " + IdealLoop.TABLE);
        backlog.copyTo(IdealLoop.TABLE, rows);
        database.settleDown(IdealLoop.TABLE);
        long records = servers.records();
        List<IdealLoop.Worker> workers = ideal.open();
        try {
            ConcurrentLinkedQueue<IdealLoop.Worker> free = new ConcurrentLinkedQueue<>(workers);
            Effort effort = Effort.of(
                    rows,
                    () -> TwoThreads.run(() -> {
                        free.remove().drain();
                        return null;
                    }));
            this.end.require(database, IdealLoop.TABLE, 0, rows);
            servers.requireRecords(records + rows);
            return effort;
        } finally {
            for (IdealLoop.Worker worker : workers) {
                worker.close();
            }
        }
    }
}
