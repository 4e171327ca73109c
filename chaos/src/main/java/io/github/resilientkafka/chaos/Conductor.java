package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.FaultPlan.Planned;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Carries out a {@link FaultPlan}, a thread for each target, and writes down when what really happened.
 */
final class Conductor {

    private final World world;

    private final List<Occurrence> occurrences = Collections.synchronizedList(new ArrayList<>());

    Conductor(World world) {
        this.world = world;
    }

    /**
     * A fault that has struck.
     *
     * @param instance which one, if it is a fault of one instance
     * @param beginMillis when, by the machine's clock
     * @param endMillis when all was well again
     */
    record Occurrence(Fault fault, int instance, long beginMillis, long endMillis) {

        /** Whether it struck an instance, or what all of them need. */
        boolean concerns(String name) {
            return !this.fault.place().isOfInstance()
                    || World.nameOf(this.instance).equals(name);
        }

        boolean overlaps(long fromMillis, long toMillis) {
            return this.beginMillis <= toMillis && fromMillis <= this.endMillis;
        }
    }

    /** Returns when the last fault has ended. */
    List<Occurrence> carryOut(FaultPlan plan) throws InterruptedException {
        long start = System.nanoTime();
        Map<String, List<Planned>> targets = plan.faults().stream().collect(Collectors.groupingBy(Planned::target));
        ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, targets.size()));
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            targets.values()
                    .forEach(faults -> tasks.add(() -> {
                        for (Planned planned : faults) {
                            strike(planned, start);
                        }
                        return null;
                    }));
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
            return List.copyOf(this.occurrences);
        } catch (ExecutionException ex) {
            throw new IllegalStateException("A fault could not be carried out", ex.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    private void strike(Planned planned, long start) throws InterruptedException {
        pauseUntil(start + planned.at().toNanos());
        long begin = System.currentTimeMillis();
        String target = planned.target();
        System.out.printf("%7.1f s  %s begins (%s)%n", seconds(start), planned.fault(), target);
        planned.fault().begin(this.world, planned.instance());
        pauseUntil(System.nanoTime() + planned.duration().toNanos());
        planned.fault().end(this.world, planned.instance());
        System.out.printf("%7.1f s  %s is over (%s)%n", seconds(start), planned.fault(), target);
        this.occurrences.add(new Occurrence(planned.fault(), planned.instance(), begin, System.currentTimeMillis()));
    }

    private static double seconds(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis() / 1_000.0;
    }

    private static void pauseUntil(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
    }
}
