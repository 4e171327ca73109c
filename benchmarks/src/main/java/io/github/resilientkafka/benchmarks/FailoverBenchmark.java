package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.testing.LocalKafka;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The moment a broker dies, at several call rates: how long until every event that was on its way is durable in the database.
 */
final class FailoverBenchmark implements Benchmark {

    private static final int[] EVENTS_PER_SECOND = {10, 5_000, 100_000};

    private static final int ROUNDS = 3;

    private static final int BEFORE_MILLIS = 4_000;

    /** A broker that was just started is slow, and a load that it can't take would open the circuit before the failure. */
    private static final int WARM_UP_SECONDS = 10;

    private static final int CALLERS = 4;

    private static final int AT_FULL_RATE_MILLIS = 2_000;

    private static final double RATE_REACHED = 0.9;

    /** {@code resilient-kafka.publisher.stall-timeout}, as it is by default. */
    private static final double STALL_TIMEOUT_SECONDS = 3;

    private static final double HALF_A_SECOND_MORE = (STALL_TIMEOUT_SECONDS + 0.5) / STALL_TIMEOUT_SECONDS;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers)) {
            List<Figure> figures = new ArrayList<>();
            for (int eventsPerSecond : EVENTS_PER_SECOND) {
                figures.add(measure(servers, application, eventsPerSecond, "broker killed", LocalKafka::kill, scale));
                figures.add(measure(servers, application, eventsPerSecond, "broker frozen", LocalKafka::freeze, scale));
            }
            return figures;
        }
    }

    private static Figure measure(
            Servers servers,
            Application application,
            int eventsPerSecond,
            String failure,
            Consumer<LocalKafka> fail,
            Scale scale)
            throws Exception {
        String setting = String.format(Locale.ROOT, "%s, %d/s", failure, eventsPerSecond);
        List<Double> rounds = new ArrayList<>();
        for (int round = 1; round <= scale.rounds(ROUNDS); round++) {
            rounds.add(secondsUntilDurable(servers, application, eventsPerSecond, fail));
            Progress.say("  " + setting + ", round " + round + ": " + rounds.get(round - 1) + " s");
        }
        return Figure.bounded(
                "failover", setting, Spread.of(rounds), "s", STALL_TIMEOUT_SECONDS, Target.atMost(HALF_A_SECOND_MORE));
    }

    private static double secondsUntilDurable(
            Servers servers, Application application, int eventsPerSecond, Consumer<LocalKafka> fail) throws Exception {
        servers.kafka().start();
        application.awaitReady();
        awaitNothingPending(application);
        warmUp(application.publisher(), eventsPerSecond * WARM_UP_SECONDS);
        SteadyLoad<PublishResult> load = SteadyLoad.start(application.publisher(), eventsPerSecond);
        TimeUnit.MILLISECONDS.sleep(BEFORE_MILLIS);
        long failed = System.nanoTime();
        fail.accept(servers.kafka());
        application.awaitCircuit("OPEN");
        List<SteadyLoad.Event<PublishResult>> events = new ArrayList<>(load.stop());
        requireRate(events, failed, eventsPerSecond);
        // With the broker away the byte budget is soon full at a high rate.
        int published = events.size();
        events.removeIf(SteadyLoad.Event::isRefused);
        Progress.say("  " + (published - events.size()) + " of " + published + " events were refused");
        return nanosUntilDurable(events, failed, lastAnswer(events, failed)) / 1e9;
    }

    private static void warmUp(EventPublisher publisher, int events) throws Exception {
        try (Callers callers = new Callers(CALLERS)) {
            callers.publish(
                    events,
                    event -> publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)),
                    result -> result.outcome() == Outcome.SENT);
        }
    }

    private static void requireRate(List<SteadyLoad.Event<PublishResult>> events, long failed, int eventsPerSecond) {
        long due = (long) eventsPerSecond * AT_FULL_RATE_MILLIS / 1_000;
        long from = failed - TimeUnit.MILLISECONDS.toNanos(AT_FULL_RATE_MILLIS);
        long accepted = events.stream()
                .filter(event -> event.publishedNanos() - from >= 0 && event.publishedNanos() - failed < 0)
                .filter(event -> !event.isRefused())
                .count();
        if (accepted < due * RATE_REACHED) {
            throw new IllegalStateException("Of " + due + " events that were due in the last " + AT_FULL_RATE_MILLIS
                    + " ms before the failure only " + accepted
                    + " were accepted: that is not the rate that the row names");
        }
    }

    /**
     * When the broker was told to fail, or gave its last answer if that came later: to kill a process takes a while, in which
     * it stands still already, so its end is no measure. The callback's time is taken, which is a little later.
     */
    private static long lastAnswer(List<SteadyLoad.Event<PublishResult>> events, long failed) throws Exception {
        long last = failed;
        for (SteadyLoad.Event<PublishResult> event : events) {
            if (!isStored(event) && event.completedNanos() - last > 0) {
                last = event.completedNanos();
            }
        }
        return last;
    }

    /**
     * From when the broker was told to fail; of what was on its way at its last answer. At a low rate that may be nothing: then
     * of the first event after it.
     */
    private static long nanosUntilDurable(List<SteadyLoad.Event<PublishResult>> events, long failed, long lastAnswer)
            throws Exception {
        long longest = 0;
        SteadyLoad.@Nullable Event<PublishResult> first = null;
        for (SteadyLoad.Event<PublishResult> event : events) {
            if (event.publishedNanos() - lastAnswer < 0) {
                if (event.completedNanos() - failed > 0 && isStored(event)) {
                    longest = Math.max(longest, event.completedNanos() - failed);
                }
            } else if (first == null || event.publishedNanos() - first.publishedNanos() < 0) {
                first = event;
            }
        }
        if (longest > 0) {
            return longest;
        }
        if (first == null) {
            throw new IllegalStateException("Nothing was stored when the broker failed");
        }
        return first.completedNanos() - first.publishedNanos();
    }

    private static boolean isStored(SteadyLoad.Event<PublishResult> event) throws Exception {
        return event.result().outcome() == Outcome.STORED;
    }

    private static void awaitNothingPending(Application application) throws InterruptedException {
        Application.await(
                "everything is back in Kafka",
                () -> application.retries().getRetryStats().pending() == 0);
    }
}
