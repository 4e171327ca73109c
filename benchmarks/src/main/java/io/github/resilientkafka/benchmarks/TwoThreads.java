package io.github.resilientkafka.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs a reference on as many threads as our writers, and our relay's workers, are.
 */
final class TwoThreads {

    static final int COUNT = 2;

    private TwoThreads() {}

    /**
     * Runs the same work on each.
     */
    static void run(Callable<?> work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(COUNT);
        try {
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < COUNT; i++) {
                results.add(executor.submit(work));
            }
            for (Future<?> result : results) {
                result.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }
}
