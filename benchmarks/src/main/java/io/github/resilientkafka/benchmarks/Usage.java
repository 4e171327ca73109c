package io.github.resilientkafka.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What this process spent on a number of events: time, processor time of all its threads (the collector's and the
 * compiler's, too), bytes allocated by all threads that were there at the end.
 */
record Usage(int events, double seconds, double cpuSeconds, double bytes) {

    private static final OperatingSystemMXBean system =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /**
     * What is measured.
     */
    interface Work {
        void run() throws Exception;
    }

    static Usage of(int events, Work work) throws Exception {
        System.gc();
        Map<Long, Long> allocatedBefore = allocated();
        long cpuBefore = system.getProcessCpuTime();
        long before = System.nanoTime();
        work.run();
        long nanos = System.nanoTime() - before;
        long cpuNanos = system.getProcessCpuTime() - cpuBefore;
        long bytes = 0;
        for (Map.Entry<Long, Long> thread : allocated().entrySet()) {
            bytes += thread.getValue() - allocatedBefore.getOrDefault(thread.getKey(), 0L);
        }
        return new Usage(events, nanos / 1e9, cpuNanos / 1e9, bytes);
    }

    private static Map<Long, Long> allocated() {
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        Map<Long, Long> allocated = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (bytes[i] >= 0) {
                allocated.put(ids[i], bytes[i]);
            }
        }
        return allocated;
    }

    double eventsPerSecond() {
        return this.events / this.seconds;
    }

    double cpuMicrosPerEvent() {
        return this.cpuSeconds * 1e6 / this.events;
    }

    double bytesPerEvent() {
        return this.bytes / this.events;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "%,.0f/s %.2f µs %,.0f bytes", eventsPerSecond(), cpuMicrosPerEvent(), bytesPerEvent());
    }
}
