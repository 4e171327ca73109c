package io.github.resilientkafka.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Has JMH measure {@link CallerCost}, each side in a JVM of its own in every round.
 */
final class CallerBenchmark implements Benchmark {

    /** Calls in a row, and events in flight at most. */
    private static final int CALLS = 4_000;

    private static final int ITERATIONS = 100;

    private static final int ROUNDS = 3;

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch()) {
            int iterations = scale.of(ITERATIONS);
            return List.of(Comparison.interleaved(
                            scale.rounds(ROUNDS),
                            () -> microsPerCall(servers, "ours", iterations),
                            () -> microsPerCall(servers, "template", iterations))
                    .figure("publish-caller", "1 thread", "µs/event", Target.NONE, Double::doubleValue));
        }
    }

    /**
     * The median, as a thread that is interrupted by the work it has caused says nothing of what the call costs.
     */
    private static double microsPerCall(Servers servers, String method, int iterations) throws RunnerException {
        RunResult result = new Runner(new OptionsBuilder()
                        .include("\\.CallerCost\\." + method + "$")
                        .forks(1)
                        .jvmArgs("-Xms1g", "-Xmx1g", "-XX:+UseG1GC")
                        .jvmArgsAppend(
                                "-D" + CallerCost.ADDRESSES + "=" + String.join(" ", Application.addresses(servers)))
                        .warmupIterations(iterations)
                        .warmupBatchSize(CALLS)
                        .measurementIterations(iterations)
                        .measurementBatchSize(CALLS)
                        .timeout(TimeValue.minutes(2))
                        .timeUnit(TimeUnit.MICROSECONDS)
                        .verbosity(VerboseMode.SILENT)
                        .shouldFailOnError(true)
                        .build())
                .runSingle();
        return result.getPrimaryResult().getStatistics().getPercentile(50) / CALLS;
    }
}
