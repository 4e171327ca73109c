package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An outage from its beginning to its end, as callers live through it: how long events take that are published in the second
 * in which the broker dies, and between its first answer and the return to direct sending. The last round is drawn.
 */
final class OutageBenchmark implements Benchmark {

    static final String PLOT = "benchmarks-outage.svg";

    private static final int EVENTS_PER_SECOND = 5_000;

    private static final int BEFORE_MILLIS = 8_000;

    private static final int AWAY_MILLIS = 15_000;

    private static final int ROUNDS = 3;

    /** {@code resilient-kafka.publisher.stall-timeout}, as it is by default. */
    private static final double STALL_TIMEOUT_MILLIS = 3_000;

    /** How long an event is parked at most in a hand-over before it is stored after all. */
    private static final double PARKED_MILLIS = 200;

    private String plot = "";

    /** What events needed in the two phases that are neither healthy nor settled. */
    private record Phases(Latencies failure, Latencies handover) {}

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int eventsPerSecond = scale.of(EVENTS_PER_SECOND);
        try (Servers servers = Servers.launch();
                Database database = new Database(servers);
                Application application = Application.start(servers)) {
            List<Phases> rounds = new ArrayList<>();
            for (int round = 1; round <= scale.rounds(ROUNDS); round++) {
                application.awaitReady();
                database.execute("truncate " + Database.EVENTS);
                database.settleDown(Database.EVENTS);
                long records = servers.records();
                Outage outage = Outage.run(servers, database, application, eventsPerSecond, BEFORE_MILLIS, AWAY_MILLIS);
                rounds.add(phases(outage));
                Progress.say("  round " + round + ": " + rounds.get(round - 1));
                this.plot = OutagePlot.of(eventsPerSecond + " events a second through an outage", outage)
                        .toSvg();
                requireAll(servers, database, records + outage.events().size());
            }
            List<Figure> figures = new ArrayList<>();
            for (Map.Entry<String, Double> part :
                    List.of(Map.entry("p50", 0.5), Map.entry("p99", 0.99), Map.entry("p99.9", 0.999))) {
                figures.add(figure(
                        "publish-latency-failure",
                        eventsPerSecond,
                        part.getKey(),
                        STALL_TIMEOUT_MILLIS,
                        rounds.stream()
                                .map(phases -> phases.failure.millis(part.getValue()))
                                .toList()));
                figures.add(figure(
                        "publish-latency-handover",
                        eventsPerSecond,
                        part.getKey(),
                        PARKED_MILLIS,
                        rounds.stream()
                                .map(phases -> phases.handover.millis(part.getValue()))
                                .toList()));
            }
            return figures;
        }
    }

    @Override
    public Map<String, String> plots() {
        return Map.of(PLOT, this.plot);
    }

    private static Figure figure(
            String benchmark, int eventsPerSecond, String part, double reference, List<Double> millis) {
        return Figure.bounded(
                benchmark, EVENTS_PER_SECOND + "/s, " + part, Spread.of(millis), "ms", reference, Target.NONE);
    }

    private static Phases phases(Outage outage) {
        Phases phases = new Phases(new Latencies(), new Latencies());
        for (Outage.Event event : outage.events()) {
            if (event.published() >= outage.failed() && event.published() < outage.failed() + 1) {
                phases.failure.add(event.nanos());
            }
            if (event.published() >= outage.answered() && event.published() < outage.direct()) {
                phases.handover.add(event.nanos());
            }
        }
        return phases;
    }

    /**
     * An event that was on its way when the broker was killed may be there twice.
     */
    private static void requireAll(Servers servers, Database database, long expected) throws Exception {
        database.requireCount(Database.EVENTS, "status <> 'RESOLVED'", 0);
        long found = servers.records();
        if (found < expected) {
            throw new IllegalStateException(found + " records in the topic, not " + expected);
        }
    }
}
