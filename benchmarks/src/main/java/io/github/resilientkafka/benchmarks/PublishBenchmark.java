package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;

/**
 * The healthy path at saturation: our publisher beside a {@link BareTemplate}.
 */
final class PublishBenchmark implements Benchmark {

    private static final int EVENTS = 600_000;

    /** Many: a round is short, and what disturbs the machine for a second or two must not decide. */
    private static final int ROUNDS = 15;

    private final int threads;

    private final boolean timed;

    private PublishBenchmark(int threads, boolean timed) {
        this.threads = threads;
        this.timed = timed;
    }

    /**
     * The reference records nothing.
     */
    static PublishBenchmark of(int threads) {
        return new PublishBenchmark(threads, false);
    }

    /**
     * One caller; the reference records the timer that it has in an application with Actuator.
     */
    static PublishBenchmark besideTimer() {
        return new PublishBenchmark(1, true);
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
            try (BareTemplate template = reference(application)) {
                Comparison<Usage> comparison = Comparison.interleaved(
                        rounds,
                        () -> ours(callers, events, publisher),
                        () -> Usage.of(events, () -> callers.publish(events, template::send, result -> true)));
                servers.requireRecords(2L * events * (rounds + 1) + 1);
                if (this.timed) {
                    requireTimes(application, (long) events * (rounds + 1));
                }
                return figures(comparison);
            }
        }
    }

    private BareTemplate reference(Application application) throws Exception {
        BareTemplate bare = BareTemplate.beside(application);
        return this.timed ? bare.timed(application) : bare;
    }

    private static void requireTimes(Application application, long sends) {
        Timer timer = application
                .context()
                .getBean(MeterRegistry.class)
                .get("spring.kafka.template")
                .tag("result", "success")
                .timer();
        if (timer.count() != sends) {
            throw new IllegalStateException("The template has recorded " + timer.count() + " of " + sends + " sends");
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
        return this.timed ? figuresBesideTimer(comparison) : figuresBesideBare(comparison);
    }

    private static List<Figure> figuresBesideTimer(Comparison<Usage> comparison) {
        return List.of(
                comparison.figure("publish-timed", "1 thread", "events/s", Target.NONE, Usage::eventsPerSecond),
                comparison.figure(
                        "publish-timed", "1 thread, processor", "µs/event", Target.NONE, Usage::cpuMicrosPerEvent));
    }

    private List<Figure> figuresBesideBare(Comparison<Usage> comparison) {
        String setting = (this.threads == 1) ? "1 thread" : this.threads + " threads";
        String rate = "publish-" + setting.replace(' ', '-');
        return List.of(
                comparison.figure(rate, "healthy", "events/s", Target.atLeast(0.95), Usage::eventsPerSecond),
                comparison.figure("publish-cpu", setting, "µs/event", Target.atMost(1.12), Usage::cpuMicrosPerEvent),
                comparison.figure(
                        "publish-allocation", setting, "bytes/event", Target.atMost(1.6), Usage::bytesPerEvent));
    }
}
