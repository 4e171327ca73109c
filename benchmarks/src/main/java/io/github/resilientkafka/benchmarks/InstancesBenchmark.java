package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An outage of several instances of an application, and of one with a few hot keys: storing and draining, beside one instance
 * whose keys are alike. The instances share the machine, so that two cannot do more than one where that has no time to spare.
 */
final class InstancesBenchmark implements Benchmark {

    private static final int EVENTS = 100_000;

    private static final int MOST = 3;

    private static final int THREADS = 8;

    private static final int ROUNDS = 2;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        int events = scale.of(EVENTS);
        List<Application> instances = new ArrayList<>();
        try (Servers servers = Servers.launch();
                Database database = new Database(servers);
                Callers callers = new Callers(THREADS)) {
            Backlog backlog = Backlog.store(servers, database, "backlog", events, Events::key);
            Backlog hot = Backlog.store(servers, database, "hot_backlog", events, Events::hotKey);
            try {
                for (int i = 0; i < MOST; i++) {
                    instances.add(Application.start(servers));
                    instances.get(i).awaitReady();
                }
                Map<String, Callable<Effort>> drains = new LinkedHashMap<>();
                for (int count = 1; count <= MOST; count++) {
                    RelayDrain relays = new RelayDrain(servers, database, instances.subList(0, count));
                    drains.put(setting(count), () -> drain(instances, relays, backlog, events));
                }
                RelayDrain relay = new RelayDrain(servers, database, instances.subList(0, 1));
                drains.put("hot keys", () -> drain(instances, relay, hot, events));
                List<Figure> figures = new ArrayList<>(measure("drain", drains, scale));

                for (Application instance : instances) {
                    instance.awaitReady();
                    Application.await(
                            "it sends again", () -> publish(instance).join().outcome() == Outcome.SENT);
                }
                servers.kafka().kill();
                // At once: what one of them has stored keeps the others from sending.
                List<CompletableFuture<PublishResult>> failing =
                        instances.stream().map(InstancesBenchmark::publish).toList();
                for (Application instance : instances) {
                    instance.awaitCircuit("OPEN");
                }
                // None of them is stored later, among those that are counted.
                failing.forEach(CompletableFuture::join);
                Map<String, Callable<Effort>> stores = new LinkedHashMap<>();
                for (int count = 1; count <= MOST; count++) {
                    List<Application> some = instances.subList(0, count);
                    stores.put(setting(count), () -> store(callers, database, some, events, Events::key));
                }
                List<Application> one = instances.subList(0, 1);
                stores.put("hot keys", () -> store(callers, database, one, events, Events::hotKey));
                figures.addAll(measure("store-while-open", stores, scale));
                return figures;
            } finally {
                instances.forEach(Application::close);
            }
        }
    }

    private static CompletableFuture<PublishResult> publish(Application instance) {
        return instance.publisher().publish(Servers.TOPIC, Events.key(0), Events.value(0));
    }

    private static String setting(int instances) {
        return (instances == 1) ? "1 instance" : instances + " instances";
    }

    /**
     * Measures each in every round, the first one being what the others are compared with.
     */
    private static List<Figure> measure(String benchmark, Map<String, Callable<Effort>> sides, Scale scale)
            throws Exception {
        Map<String, List<Comparison.Round<Effort>>> rounds = new LinkedHashMap<>();
        for (int round = 0; round <= scale.rounds(ROUNDS); round++) {
            @Nullable Effort one = null;
            for (Map.Entry<String, Callable<Effort>> side : sides.entrySet()) {
                Effort effort = side.getValue().call();
                Progress.say("  " + benchmark + ", round " + round + ", " + side.getKey() + ": " + effort);
                if (one == null) {
                    one = effort;
                } else if (round > 0) {
                    rounds.computeIfAbsent(side.getKey(), setting -> new ArrayList<>())
                            .add(new Comparison.Round<>(effort, one));
                }
            }
        }
        return rounds.entrySet().stream()
                .map(side -> new Comparison<>(side.getValue())
                        .figure(benchmark, side.getKey(), "events/s", Target.NONE, Effort::perSecond))
                .toList();
    }

    private static Effort drain(List<Application> instances, RelayDrain relays, Backlog backlog, int events)
            throws Exception {
        instances.forEach(instance -> instance.relay().stop());
        return relays.drain(backlog, events, DrainEnd.UPDATE);
    }

    private static Effort store(
            Callers callers, Database database, List<Application> instances, int events, IntFunction<String> keys)
            throws Exception {
        database.execute("truncate " + Database.EVENTS);
        database.settleDown(Database.EVENTS);
        Effort effort = Effort.of(
                events,
                () -> callers.publish(
                        events,
                        event -> instances
                                .get(event % instances.size())
                                .publisher()
                                .publish(Servers.TOPIC, keys.apply(event), Events.value(event)),
                        result -> result.outcome() == Outcome.STORED));
        database.requireCount(Database.EVENTS, "status = 'PENDING'", events);
        return effort;
    }
}
