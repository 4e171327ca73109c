package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * An outage at a moderate rate: how long a caller waits for its event to be durable.
 */
final class LatencyBenchmark implements Benchmark {

    private static final int EVENTS_PER_SECOND = 5_000;

    private static final int ROUND_MILLIS = 10_000;

    private static final double BOUND_MILLIS = 50;

    private static final double PERCENTILE = 0.99;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers)) {
            application.awaitReady();
            servers.kafka().kill();
            EventPublisher publisher = application.publisher();
            publisher.publish(Servers.TOPIC, Events.key(0), Events.value(0)).get();
            application.awaitCircuit("OPEN");
            int millis = scale.of(ROUND_MILLIS);
            measure(publisher, millis);
            List<Percentiles> rounds = new ArrayList<>();
            for (int round = 1; round <= scale.rounds(); round++) {
                rounds.add(measure(publisher, millis));
                Progress.say("  round " + round + ": " + rounds.get(round - 1));
            }
            return List.of(
                    figure("from publish", rounds, Percentiles::fromPublish),
                    figure("from when it was due", rounds, Percentiles::fromDue));
        }
    }

    private static Figure figure(String from, List<Percentiles> rounds, ToDoubleFunction<Percentiles> millis) {
        return Figure.bounded(
                "publish-latency-open",
                EVENTS_PER_SECOND + "/s, " + from,
                Spread.of(rounds.stream().map(millis::applyAsDouble).toList()),
                "ms",
                BOUND_MILLIS,
                Target.atMost(1));
    }

    private static Percentiles measure(EventPublisher publisher, int millis) throws Exception {
        SteadyLoad load = SteadyLoad.start(publisher, EVENTS_PER_SECOND);
        TimeUnit.MILLISECONDS.sleep(millis);
        List<SteadyLoad.Event> events = load.stop();
        long[] fromPublish = new long[events.size()];
        long[] fromDue = new long[events.size()];
        for (int i = 0; i < fromDue.length; i++) {
            SteadyLoad.Event event = events.get(i);
            fromPublish[i] = event.completedNanos() - event.publishedNanos();
            fromDue[i] = event.completedNanos() - event.dueNanos();
            if (event.result().outcome() != Outcome.STORED) {
                throw new IllegalStateException("Not what is to be measured: " + event.result());
            }
        }
        return new Percentiles(millis(fromPublish), millis(fromDue));
    }

    private static double millis(long[] nanos) {
        Arrays.sort(nanos);
        return nanos[(int) Math.ceil(nanos.length * PERCENTILE) - 1] / 1e6;
    }

    /**
     * The time that 99 % of the events needed at most, in milliseconds.
     *
     * @param fromPublish since publish was called
     * @param fromDue since it should have been called
     */
    private record Percentiles(double fromPublish, double fromDue) {}
}
