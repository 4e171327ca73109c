package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.testing.LocalKafka;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The moment a broker dies: how long until every event that was on its way is durable in the database.
 */
final class FailoverBenchmark implements Benchmark {

    private static final int EVENTS_PER_SECOND = 5_000;

    private static final int ROUNDS = 3;

    private static final int BEFORE_MILLIS = 2_000;

    /** {@code resilient-kafka.publisher.stall-timeout}, as it is by default. */
    private static final double STALL_TIMEOUT_SECONDS = 3;

    private static final double ONE_SECOND_MORE = (STALL_TIMEOUT_SECONDS + 1) / STALL_TIMEOUT_SECONDS;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch();
                Application application = Application.start(servers)) {
            return List.of(
                    measure(servers, application, "broker killed", LocalKafka::kill),
                    measure(servers, application, "broker frozen", LocalKafka::freeze));
        }
    }

    private static Figure measure(
            Servers servers, Application application, String setting, Consumer<LocalKafka> failure) throws Exception {
        List<Double> rounds = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            rounds.add(secondsUntilDurable(servers, application, failure));
            Progress.say("  " + setting + ", round " + round + ": " + rounds.get(round - 1) + " s");
        }
        return Figure.bounded(
                "failover", setting, Spread.of(rounds), "s", STALL_TIMEOUT_SECONDS, Target.atMost(ONE_SECOND_MORE));
    }

    private static double secondsUntilDurable(Servers servers, Application application, Consumer<LocalKafka> failure)
            throws Exception {
        servers.kafka().start();
        application.awaitReady();
        awaitNothingPending(application);
        SteadyLoad<PublishResult> load = SteadyLoad.start(application.publisher(), EVENTS_PER_SECOND);
        TimeUnit.MILLISECONDS.sleep(BEFORE_MILLIS);
        long failed = System.nanoTime();
        failure.accept(servers.kafka());
        long gone = System.nanoTime();
        application.awaitCircuit("OPEN");
        List<SteadyLoad.Event<PublishResult>> events = load.stop();
        long last = 0;
        for (SteadyLoad.Event<PublishResult> event : events) {
            boolean inFlight = event.publishedNanos() - gone < 0 && event.completedNanos() - failed > 0;
            if (inFlight && event.result().outcome() == Outcome.STORED) {
                last = Math.max(last, event.completedNanos() - failed);
            }
        }
        if (last == 0) {
            throw new IllegalStateException("Nothing was in flight when the broker failed");
        }
        return last / 1e9;
    }

    private static void awaitNothingPending(Application application) throws InterruptedException {
        Application.await(
                "everything is back in Kafka",
                () -> application.retries().getRetryStats().pending() == 0);
    }
}
