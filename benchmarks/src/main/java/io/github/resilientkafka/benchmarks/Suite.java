package io.github.resilientkafka.benchmarks;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * All benchmarks, in the order they run. Each has a JVM of its own, and is asked for by a name that it has in the report, but
 * for those that add to the rows of others.
 */
enum Suite {
    PUBLISH_1_THREAD(PublishBenchmark.of(1), "publish-1-thread", "publish-cpu", "publish-allocation"),
    PUBLISH_8_THREADS(PublishBenchmark.of(8), "publish-8-threads", "publish-cpu", "publish-allocation"),
    PUBLISH_TIMED(PublishBenchmark.besideTimer(), "publish-timed"),
    PUBLISH_CALLER(new CallerBenchmark(), "publish-caller"),
    PUBLISH_LATENCY(new HealthyLatencyBenchmark(), "publish-p99", "publish-latency-healthy"),
    STORE(new StoreBenchmark(), "store-while-open"),
    DRAIN(DrainBenchmark.of("drain", DrainEnd.UPDATE, Target.atLeast(1.2)), "drain"),
    DRAIN_INDEXED(DrainBenchmark.withOurIndexes("drain", DrainEnd.UPDATE), "drain-indexed"),
    DRAIN_DELETE(DrainBenchmark.of("drain-delete", DrainEnd.DELETE, Target.atLeast(1)), "drain-delete"),
    DRAIN_1M(new LargeBacklogBenchmark(), "drain-1m"),
    DRAIN_SETTLED(new SettledRowsBenchmark(), "drain-settled"),
    INSTANCES(new InstancesBenchmark(), "instances"),
    RECOVERY(new RecoveryBenchmark(), "recovery"),
    FAILOVER(new FailoverBenchmark(), "failover"),
    LATENCY_OPEN(new LatencyBenchmark(), "publish-latency-open"),
    OUTAGE(new OutageBenchmark(), "publish-latency-failure", "publish-latency-handover"),
    STARTUP(new StartupBenchmark(), "startup-added", "memory"),
    LISTENER(new ListenerBenchmark(), "listener-healthy", "listener-poisoned"),
    LISTENER_SILENCE(new SilenceBenchmark(), "listener-poisoned-silence");

    private final Benchmark benchmark;

    private final Set<String> names;

    Suite(Benchmark benchmark, String... names) {
        this.benchmark = benchmark;
        this.names = Set.of(names);
    }

    Benchmark benchmark() {
        return this.benchmark;
    }

    boolean yields(String name) {
        return this.names.contains(name);
    }

    /**
     * Finds those that yield one of the names; all of them if there are no names.
     * @throws IllegalArgumentException if a name is unknown
     */
    static List<Suite> select(Collection<String> names) {
        Set<String> known = new TreeSet<>();
        List.of(values()).forEach(suite -> known.addAll(suite.names));
        for (String name : names) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("There is no benchmark " + name + "; there are " + known);
            }
        }
        return List.of(values()).stream()
                .filter(suite -> names.isEmpty() || names.stream().anyMatch(suite::yields))
                .toList();
    }
}
