package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dependencies of all listeners. Each that can be asked is asked once a second, on a thread of its own: a probe that
 * hangs keeps nobody else from knowing. Thread-safe.
 */
final class Dependencies implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(Dependencies.class);

    static final Duration ASK_EVERY = Duration.ofSeconds(1);

    private final Supplier<List<DependencyProbeFinder>> finders;

    private final Map<String, Dependency> dependencies = new ConcurrentHashMap<>();

    private final List<Thread> threads = new ArrayList<>();

    private boolean closed;

    /**
     * Creates them.
     * @param finders who knows probes, the first that does wins; asked when a dependency is first named
     */
    Dependencies(Supplier<List<DependencyProbeFinder>> finders) {
        this.finders = finders;
    }

    Dependency named(String name) {
        return this.dependencies.computeIfAbsent(name, this::find);
    }

    /**
     * Makes sure that somebody can tell of each dependency that the configuration names: a misspelt one would never be down.
     * @throws ConfigurationException if not
     */
    void requireProbes(List<String> names, String property) {
        for (String name : names) {
            if (!named(name).canBeAsked()) {
                throw new ConfigurationException(
                        property,
                        "nobody can tell whether '" + name + "' is up",
                        "Correct the name, or provide one of: a bean '" + name + "' of type DependencyProbe; a health"
                                + " indicator of that name, as bean '" + name + "HealthIndicator'; a circuit breaker of"
                                + " that name, in resilience4j.circuitbreaker.instances." + name
                                + " (one that is made at its first call is not known yet at the start).");
            }
        }
    }

    private Dependency find(String name) {
        for (DependencyProbeFinder finder : this.finders.get()) {
            DependencyProbe probe = finder.find(name);
            if (probe != null) {
                Dependency dependency = new Dependency(name, probe);
                watch(dependency);
                return dependency;
            }
        }
        return new Dependency(name, null);
    }

    private synchronized void watch(Dependency dependency) {
        if (!this.closed) {
            Thread thread = new Thread(() -> askForEver(dependency), "resilient-kafka-dependency-" + dependency.name());
            thread.setDaemon(true);
            this.threads.add(thread);
            thread.start();
        }
    }

    private static void askForEver(Dependency dependency) {
        try {
            while (true) {
                askSafely(dependency);
                TimeUnit.MILLISECONDS.sleep(ASK_EVERY.toMillis());
            }
        } catch (InterruptedException ex) {
            logger.debug("Dependency {} is not watched any more", dependency.name());
        }
    }

    /**
     * An error that escaped would leave everybody waiting for ever.
     */
    private static void askSafely(Dependency dependency) {
        try {
            dependency.ask();
        } catch (RuntimeException | Error ex) {
            logger.error("Dependency {} could not be looked after; it is asked again", dependency.name(), ex);
        }
    }

    @Override
    public synchronized void close() {
        this.closed = true;
        this.threads.forEach(Thread::interrupt);
        this.threads.clear();
    }
}
