package io.github.resilientkafka.benchmarks;

import java.util.List;
import java.util.Map;

/**
 * Something to measure, in a JVM and on servers of its own: what the compiler, the heap or the page cache learnt from
 * one benchmark must not help or hinder the next.
 */
interface Benchmark {

    /**
     * Measures, and checks that what was measured is what was meant: a wrong count fails the benchmark.
     */
    List<Figure> run(Scale scale) throws Exception;

    /**
     * Returns what there is to be seen of the last run.
     * @return drawings, by the names of their files
     */
    default Map<String, String> plots() {
        return Map.of();
    }
}
