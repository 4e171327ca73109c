package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * The healthy path at a moderate rate: how long until a future is complete, ours beside a {@link BareTemplate}. The sides
 * take turns of a few seconds, several in a round: what delays one event in a hundred comes and goes.
 */
final class HealthyLatencyBenchmark implements Benchmark {

    private static final int EVENTS_PER_SECOND = 5_000;

    private static final int TURN_MILLIS = 2_000;

    private static final int TURNS = 4;

    /** So many, as one that something else disturbs differs by far, and must not decide the median. */
    private static final int ROUNDS = 15;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers)) {
            application.awaitReady();
            try (BareTemplate template = BareTemplate.beside(application)) {
                List<Comparison.Round<Latencies>> rounds = new ArrayList<>();
                for (int round = 0; round <= scale.rounds(ROUNDS); round++) {
                    Comparison.Round<Latencies> measured =
                            measure(application, template, scale.of(TURN_MILLIS), servers);
                    Progress.round(round, measured.ours(), measured.reference());
                    if (round > 0) {
                        rounds.add(measured);
                    }
                }
                return figures(new Comparison<>(rounds));
            }
        }
    }

    private static Comparison.Round<Latencies> measure(
            Application application, BareTemplate template, int millis, Servers servers) throws Exception {
        Comparison.Round<Latencies> round = new Comparison.Round<>(new Latencies(), new Latencies());
        long records = servers.records();
        for (int turn = 0; turn < TURNS; turn++) {
            if (turn % 2 == 0) {
                ours(application, millis, round.ours());
                load(template::send, millis, round.reference());
            } else {
                load(template::send, millis, round.reference());
                ours(application, millis, round.ours());
            }
        }
        servers.requireRecords(
                records + round.ours().count() + round.reference().count());
        return round;
    }

    private static void ours(Application application, int millis, Latencies latencies) throws Exception {
        load(
                event -> application.publisher().publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                millis,
                latencies);
    }

    private static <T> void load(IntFunction<CompletableFuture<T>> publish, int millis, Latencies latencies)
            throws Exception {
        System.gc();
        SteadyLoad<T> load = SteadyLoad.start(publish, EVENTS_PER_SECOND);
        TimeUnit.MILLISECONDS.sleep(millis);
        for (SteadyLoad.Event<T> event : load.stop()) {
            latencies.add(event.completedNanos() - event.dueNanos());
        }
    }

    private static List<Figure> figures(Comparison<Latencies> comparison) {
        String rate = EVENTS_PER_SECOND + "/s";
        return List.of(
                comparison.figure(
                        "publish-p99",
                        "healthy, " + rate,
                        "ms",
                        Target.atMost(1.1),
                        latencies -> latencies.millis(0.99)),
                comparison.figure(
                        "publish-latency-healthy",
                        rate + ", p50",
                        "ms",
                        Target.NONE,
                        latencies -> latencies.millis(0.5)),
                comparison.figure(
                        "publish-latency-healthy",
                        rate + ", p99.9",
                        "ms",
                        Target.NONE,
                        latencies -> latencies.millis(0.999)));
    }
}
