package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * An outage under a steady load, from well before until well after. All times are seconds since the load began.
 *
 * @param failed when the broker was killed
 * @param answered when it answered again
 * @param direct when all events went to Kafka directly again
 * @param events all events
 * @param samples what else was seen, every 100 ms
 */
record Outage(double failed, double answered, double direct, List<Event> events, List<Sample> samples) {

    private static final int SAMPLE_MILLIS = 100;

    /**
     * What became of an event.
     *
     * @param published when publish was called
     * @param durable when its future was complete
     * @param outcome where it was then
     */
    record Event(double published, double durable, Outcome outcome) {

        long nanos() {
            return Math.round((this.durable - this.published) * 1e9);
        }
    }

    /**
     * What was seen at one moment.
     *
     * @param circuit the state of the circuit
     * @param settled rows that were ever settled
     */
    record Sample(double second, String circuit, long settled) {}

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
            ScheduledFuture<?> sampling = sampler.scheduleAtFixedRate(
                    () -> samples.add(sample(start, database, application)), 0, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
            TimeUnit.MILLISECONDS.sleep(beforeMillis);
            double failed = seconds(start, System.nanoTime());
            servers.kafka().kill();
            TimeUnit.MILLISECONDS.sleep(awayMillis);
            CompletableFuture<Void> started =
                    CompletableFuture.runAsync(() -> servers.kafka().start());
            double answered = seconds(start, BrokerProbe.awaitAnswer(servers));
            application.awaitReady();
            double direct = seconds(start, System.nanoTime());
            TimeUnit.MILLISECONDS.sleep(beforeMillis);
            List<Event> events = new ArrayList<>();
            for (SteadyLoad.Event<PublishResult> event : load.stop()) {
                events.add(new Event(
                        seconds(start, event.publishedNanos()),
                        seconds(start, event.completedNanos()),
                        event.result().outcome()));
            }
            started.get();
            if (sampling.isDone()) {
                sampling.get();
            }
            // By the thread that took them, after the last one.
            return new Outage(
                    failed,
                    answered,
                    direct,
                    List.copyOf(events),
                    sampler.submit(() -> List.copyOf(samples)).get());
        } finally {
            sampler.shutdownNow();
        }
    }

    private static double seconds(long start, long nanos) {
        return (nanos - start) / 1e9;
    }

    private static Sample sample(long start, Database database, Application application) {
        try {
            return new Sample(
                    seconds(start, System.nanoTime()),
                    application.publisher().getPublisherStats().circuitBreakerState(),
                    database.number("select sum(resolved) from kafka_lane"));
        } catch (SQLException ex) {
            throw new IllegalStateException(ex);
        }
    }

    double end() {
        return this.samples.get(this.samples.size() - 1).second();
    }
}
