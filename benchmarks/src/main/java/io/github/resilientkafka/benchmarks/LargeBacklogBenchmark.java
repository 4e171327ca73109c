package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A long outage: whether an event of a million costs more than one of a few. Time is compared with the usual backlog,
 * processor time with a short one, which is drained too fast for time to say anything.
 */
final class LargeBacklogBenchmark implements Benchmark {

    private static final int ROWS = 1_000_000;

    private static final int FEW = 10_000;

    /** Short drains in a row, so that there is something to measure. */
    private static final int SHORT_DRAINS = 10;

    private static final int ROUNDS = 3;

    private static final String BENCHMARK = "drain-1m";

    /** The reverse of 0.8 of the rate. */
    private static final double FLAT = 1.25;

    /** What one round took. */
    private record Round(Effort many, Effort usual, Effort few) {

        @Override
        public String toString() {
            return this.many + ", usual " + this.usual + ", few " + this.few;
        }
    }

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int rows = scale.of(ROWS);
        try (Servers servers = Servers.launch();
                Database database = new Database(servers)) {
            Backlog backlog = Backlog.store(servers, database, "backlog", rows, Events::key);
            try (Application application = Application.start(servers)) {
                application.awaitReady();
                RelayDrain relay = new RelayDrain(servers, database, List.of(application));
                usual(relay, backlog, scale);
                few(relay, backlog, scale);
                List<Round> rounds = new ArrayList<>();
                for (int round = 1; round <= scale.rounds(ROUNDS); round++) {
                    Effort usual = usual(relay, backlog, scale);
                    Effort many = relay.drain(backlog, rows, DrainEnd.UPDATE);
                    rounds.add(new Round(many, usual, few(relay, backlog, scale)));
                    Progress.say("  round " + round + ": " + rounds.get(round - 1));
                }
                return figures(rounds, rows, scale);
            }
        }
    }

    private static Effort usual(RelayDrain relay, Backlog backlog, Scale scale) throws Exception {
        return relay.drain(backlog, scale.of(DrainBenchmark.ROWS), DrainEnd.UPDATE);
    }

    private static Effort few(RelayDrain relay, Backlog backlog, Scale scale) throws Exception {
        Effort sum = new Effort(0, 0, 0);
        for (int i = 0; i < SHORT_DRAINS; i++) {
            sum = sum.plus(relay.drain(backlog, scale.of(FEW), DrainEnd.UPDATE));
        }
        return sum;
    }

    private static List<Figure> figures(List<Round> rounds, int rows, Scale scale) {
        String many = String.format(Locale.ROOT, "%,d rows", rows);
        String few = String.format(Locale.ROOT, "beside %,d", scale.of(FEW));
        return List.of(
                compare(rounds, Round::usual)
                        .figure(BENCHMARK, many, "events/s", Target.atLeast(0.8), Effort::perSecond),
                compare(rounds, Round::few)
                        .figure(
                                BENCHMARK,
                                many + " " + few + ", processor time",
                                "µs/event",
                                Target.atMost(FLAT),
                                Effort::cpuMicrosPerEvent));
    }

    private static Comparison<Effort> compare(List<Round> rounds, Function<Round, Effort> other) {
        return new Comparison<>(rounds.stream()
                .map(round -> new Comparison.Round<>(round.many, other.apply(round)))
                .toList());
    }
}
