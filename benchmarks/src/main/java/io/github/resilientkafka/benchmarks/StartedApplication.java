package io.github.resilientkafka.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * An application that says how long its start took and how much of its heap is used, and ends. It knows nothing of the
 * starter, which may not be there.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class StartedApplication {

    /** Begins the line with the figures. */
    static final String RESULT = "STARTED";

    /** What goes on in the background after a start is over by then. */
    private static final long SETTLING_SECONDS = 2;

    /**
     * Starts.
     * @param arguments settings
     */
    public static void main(String[] arguments) throws InterruptedException {
        ConfigurableApplicationContext context = SpringApplication.run(StartedApplication.class, arguments);
        long millis = System.currentTimeMillis()
                - ManagementFactory.getRuntimeMXBean().getStartTime();
        TimeUnit.SECONDS.sleep(SETTLING_SECONDS);
        System.gc();
        System.gc();
        long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        System.out.println(RESULT + " " + millis + " " + used);
        System.exit(SpringApplication.exit(context));
    }
}
