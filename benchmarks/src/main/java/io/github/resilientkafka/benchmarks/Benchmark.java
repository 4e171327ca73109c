package io.github.resilientkafka.benchmarks;

import java.util.List;

/**
 * Something to measure, in a JVM and on servers of its own: what the compiler, the heap or the page cache learnt from
 * one benchmark must not help or hinder the next.
 */
interface Benchmark {

    /**
     * Measures, and checks that what was measured is what was meant: a wrong count fails the benchmark.
     */
    List<Figure> run(Scale scale) throws Exception;
}
