package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A busy year: whether draining costs more beside ten million rows that were settled and are kept.
 */
final class SettledRowsBenchmark implements Benchmark {

    private static final int SETTLED_ROWS = 10_000_000;

    private static final int ROUNDS = 2;

    private static final double FLAT = 1.25;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int rows = scale.of(DrainBenchmark.ROWS);
        try (Servers servers = Servers.launch();
                Database database = new Database(servers)) {
            Backlog backlog = Backlog.store(servers, database, "backlog", rows, Events::key);
            List<Effort> alone = new ArrayList<>();
            try (Application application = Application.start(servers)) {
                application.awaitReady();
                RelayDrain relay = new RelayDrain(servers, database, List.of(application));
                relay.drain(backlog, rows, DrainEnd.UPDATE);
                for (int round = 1; round <= scale.rounds(ROUNDS); round++) {
                    alone.add(relay.drain(backlog, rows, DrainEnd.UPDATE));
                }
            }
            // Nobody looks at the table while it has no indexes.
            database.execute("truncate " + Database.EVENTS);
            backlog.copySettled(scale.of(SETTLED_ROWS) / rows);
            Progress.say("  the table is full");
            try (Application application = Application.start(servers)) {
                application.awaitReady();
                RelayDrain relay = new RelayDrain(servers, database, List.of(application));
                relay.drainBesideSettledRows(backlog, rows);
                List<Comparison.Round<Effort>> rounds = new ArrayList<>();
                for (Effort reference : alone) {
                    Effort beside = relay.drainBesideSettledRows(backlog, rows);
                    rounds.add(new Comparison.Round<>(beside, reference));
                    Progress.round(rounds.size(), beside, reference);
                }
                return figures(new Comparison<>(rounds), scale);
            }
        }
    }

    private static List<Figure> figures(Comparison<Effort> comparison, Scale scale) {
        String setting = String.format(Locale.ROOT, "beside %,d settled rows", scale.of(SETTLED_ROWS));
        return List.of(
                comparison.figure("drain-settled", setting, "events/s", Target.atLeast(0.8), Effort::perSecond),
                comparison.figure(
                        "drain-settled",
                        setting + ", processor time",
                        "µs/event",
                        Target.atMost(FLAT),
                        Effort::cpuMicrosPerEvent));
    }
}
