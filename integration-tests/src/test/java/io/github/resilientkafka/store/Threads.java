package io.github.resilientkafka.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Several threads that do the same thing at the same moment.
 */
final class Threads {

    private Threads() {}

    static void run(int threads, Task task) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            CyclicBarrier start = new CyclicBarrier(threads);
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int number = i;
                Callable<Void> run = () -> {
                    start.await();
                    task.run(number);
                    return null;
                };
                running.add(executor.submit(run));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    /**
     * Waits until some session of this database waits for a lock.
     */
    static void awaitLockedBackend(JdbcTemplate jdbc) {
        String sql =
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> jdbc.queryForObject(sql, Long.class), waiting -> waiting > 0);
    }

    /** What each thread does. */
    @FunctionalInterface
    interface Task {

        void run(int number) throws Exception;
    }
}
