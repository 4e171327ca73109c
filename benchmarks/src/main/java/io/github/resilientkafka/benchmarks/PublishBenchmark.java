package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.List;

/**
 * The healthy path at saturation: our publisher beside a {@link BareTemplate}.
 */
final class PublishBenchmark implements Benchmark {

    private static final int EVENTS = 600_000;

    /** Many: a round is short, and what disturbs the machine for a second or two must not decide. */
    private static final int ROUNDS = 15;

    private final int threads;

    PublishBenchmark(int threads) {
        this.threads = threads;
    }

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int events = scale.of(EVENTS);
        int rounds = scale.rounds(ROUNDS);
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers);
                Callers callers = new Callers(this.threads)) {
            application.awaitReady();
            EventPublisher publisher = application.publisher();
            try (BareTemplate template = BareTemplate.beside(application)) {
                Comparison<Usage> comparison = Comparison.interleaved(
                        rounds,
                        () -> ours(callers, events, publisher),
                        () -> Usage.of(events, () -> callers.publish(events, template::send, result -> true)));
                servers.requireRecords(2L * events * (rounds + 1) + 1);
                return figures(comparison);
            }
        }
    }

    private static Usage ours(Callers callers, int events, EventPublisher publisher) throws Exception {
        return Usage.of(
                events,
                () -> callers.publish(
                        events,
                        event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                        result -> result.outcome() == Outcome.SENT));
    }

    private List<Figure> figures(Comparison<Usage> comparison) {
        String setting = (this.threads == 1) ? "1 thread" : this.threads + " threads";
        String rate = "publish-" + setting.replace(' ', '-');
        return List.of(
                comparison.figure(rate, "healthy", "events/s", Target.atLeast(0.95), Usage::eventsPerSecond),
                comparison.figure("publish-cpu", setting, "µs/event", Target.atMost(1.12), Usage::cpuMicrosPerEvent),
                comparison.figure(
                        "publish-allocation", setting, "bytes/event", Target.atMost(1.6), Usage::bytesPerEvent));
    }
}
