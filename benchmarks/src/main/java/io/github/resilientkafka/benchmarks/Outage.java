package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.publisher.PublisherStats;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * An outage under a steady load, from well before until well after. Times are by {@link System#nanoTime()}.
 *
 * @param start when the load began
 * @param failed when the broker was killed
 * @param answered when it answered again
 * @param direct when all events went to Kafka directly again
 * @param events all events
 * @param samples what else was seen, every {@value #SAMPLE_MILLIS} ms
 */
record Outage(
        long start,
        long failed,
        long answered,
        long direct,
        List<SteadyLoad.Event<PublishResult>> events,
        List<Sample> samples) {

    private static final int SAMPLE_MILLIS = 100;

    /**
     * What was seen at one moment.
     *
     * @param nanos when
     * @param circuit the state of the circuit
     * @param settled rows that were ever settled
     */
    record Sample(long nanos, String circuit, long settled) {}

    /**
     * Lets it happen, and waits until it is over.
     * @param beforeMillis how long the load is on before, and after
     * @param awayMillis how long until the broker is started again
     */
    static Outage run(
            Servers servers,
            Database database,
            Application application,
            int eventsPerSecond,
            int beforeMillis,
            int awayMillis)
            throws Exception {
        List<Sample> samples = new ArrayList<>();
        ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor();
        SteadyLoad<PublishResult> load = SteadyLoad.start(application.publisher(), eventsPerSecond);
        long start = System.nanoTime();
        try {
            sampler.scheduleAtFixedRate(
                    () -> samples.add(sample(database, application)), 0, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
            TimeUnit.MILLISECONDS.sleep(beforeMillis);
            long failed = System.nanoTime();
            servers.kafka().kill();
            TimeUnit.MILLISECONDS.sleep(awayMillis);
            CompletableFuture<Void> started =
                    CompletableFuture.runAsync(() -> servers.kafka().start());
            long answered = BrokerProbe.awaitAnswer(servers);
            Application.await("all events go to Kafka directly", () -> isDirect(application));
            long direct = System.nanoTime();
            TimeUnit.MILLISECONDS.sleep(beforeMillis);
            List<SteadyLoad.Event<PublishResult>> events = load.stop();
            started.get();
            return new Outage(start, failed, answered, direct, events, List.copyOf(stop(sampler, samples)));
        } finally {
            sampler.shutdownNow();
        }
    }

    private static boolean isDirect(Application application) {
        PublisherStats stats = application.publisher().getPublisherStats();
        return stats.circuitBreakerState().equals("CLOSED") && stats.divertedLanes() == 0;
    }

    private static Sample sample(Database database, Application application) {
        try {
            return new Sample(
                    System.nanoTime(),
                    application.publisher().getPublisherStats().circuitBreakerState(),
                    database.number("select sum(resolved) from kafka_lane"));
        } catch (SQLException ex) {
            throw new IllegalStateException(ex);
        }
    }

    private static List<Sample> stop(ScheduledExecutorService sampler, List<Sample> samples)
            throws InterruptedException, ExecutionException {
        // After the last sample, by the thread that took it.
        List<Sample> all = sampler.submit(() -> List.copyOf(samples)).get();
        sampler.shutdown();
        if (all.isEmpty() || !sampler.awaitTermination(1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("The outage was not observed");
        }
        return all;
    }

    /**
     * Seconds since the load began.
     */
    double seconds(long nanos) {
        return (nanos - this.start) / 1e9;
    }
}
