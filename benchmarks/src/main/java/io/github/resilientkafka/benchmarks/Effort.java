package io.github.resilientkafka.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What events took where the database works as well: time, and processor time of this process and of PostgreSQL's.
 */
record Effort(int events, double seconds, double cpuSeconds) {

    private static final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    static Effort of(int events, Usage.Work work) throws Exception {
        System.gc();
        double cpuBefore = cpuOfAll();
        long before = System.nanoTime();
        work.run();
        long nanos = System.nanoTime() - before;
        return new Effort(events, nanos / 1e9, cpuOfAll() - cpuBefore);
    }

    private static double cpuOfAll() {
        List<Duration> postgres = ProcessHandle.current()
                .descendants()
                .map(ProcessHandle::info)
                .filter(info -> info.command().orElse("").endsWith("/postgres"))
                .flatMap(info -> info.totalCpuDuration().stream())
                .toList();
        if (postgres.isEmpty()) {
            throw new IllegalStateException("No process of PostgreSQL can be seen");
        }
        return system.getProcessCpuTime() / 1e9
                + postgres.stream().mapToDouble(Effort::seconds).sum();
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    Effort plus(Effort other) {
        return new Effort(this.events + other.events, this.seconds + other.seconds, this.cpuSeconds + other.cpuSeconds);
    }

    double perSecond() {
        return this.events / this.seconds;
    }

    double cpuMicrosPerEvent() {
        return this.cpuSeconds * 1e6 / this.events;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%,.0f/s %.1f µs", perSecond(), cpuMicrosPerEvent());
    }
}
