package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.ArrayList;
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
            List<Waits> rounds = new ArrayList<>();
            for (int round = 1; round <= scale.rounds(); round++) {
                rounds.add(measure(publisher, millis));
                Progress.say("  round " + round + ": " + rounds.get(round - 1));
            }
            return List.of(
                    figure("from publish", rounds, Target.atMost(1), waits -> waits.fromPublish.millis(0.99)),
                    figure("from when it was due", rounds, Target.atMost(1), waits -> waits.fromDue.millis(0.99)),
                    figure("from publish, p50", rounds, Target.NONE, waits -> waits.fromPublish.millis(0.5)),
                    figure("from publish, p99.9", rounds, Target.NONE, waits -> waits.fromPublish.millis(0.999)));
        }
    }

    private static Figure figure(String from, List<Waits> rounds, Target target, ToDoubleFunction<Waits> millis) {
        return Figure.bounded(
                "publish-latency-open",
                EVENTS_PER_SECOND + "/s, " + from,
                Spread.of(rounds.stream().map(millis::applyAsDouble).toList()),
                "ms",
                BOUND_MILLIS,
                target);
    }

    private static Waits measure(EventPublisher publisher, int millis) throws Exception {
        SteadyLoad<PublishResult> load = SteadyLoad.start(publisher, EVENTS_PER_SECOND);
        TimeUnit.MILLISECONDS.sleep(millis);
        Waits waits = new Waits(new Latencies(), new Latencies());
        for (SteadyLoad.Event<PublishResult> event : load.stop()) {
            waits.fromPublish.add(event.completedNanos() - event.publishedNanos());
            waits.fromDue.add(event.completedNanos() - event.dueNanos());
            if (event.result().outcome() != Outcome.STORED) {
                throw new IllegalStateException("Not what is to be measured: " + event.result());
            }
        }
        return waits;
    }

    /**
     * How long events took.
     *
     * @param fromPublish since publish was called
     * @param fromDue since it should have been called
     */
    private record Waits(Latencies fromPublish, Latencies fromDue) {}
}
