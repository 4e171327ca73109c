package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.listener.ListenerObserver;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Supervises all containers that are looked after. Started after the containers and stopped before them: what they do while
 * the application stops is nobody's business.
 */
final class ContainerSupervisor implements ListenerSupervisor, SmartLifecycle, AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ContainerSupervisor.class);

    private static final Duration INTERVAL = Duration.ofMillis(500);

    private static final Duration LONGEST_WORK = Duration.ofSeconds(5);

    private final ListenerContainers containers;

    private final Registries registries;

    private final ApplicationContext context;

    private final Surroundings surroundings;

    private final KnownListeners listeners;

    private volatile @Nullable SupervisorThreads threads;

    private volatile boolean closing;

    ContainerSupervisor(
            ListenerContainers containers,
            SupervisorProperties properties,
            Registries registries,
            ApplicationContext context,
            EventNotifier notifier,
            Clock clock) {
        this.containers = containers;
        this.registries = registries;
        this.listeners = new KnownListeners(containers, registries);
        this.context = context;
        this.surroundings = new World(properties, clock, notifier, new Liveness(context));
    }

    /**
     * Returns the listener of a container, or null if it is not looked after.
     */
    @Nullable
    SupervisedListener find(AbstractMessageListenerContainer<?, ?> container) {
        return this.listeners.find(container, this.surroundings);
    }

    private Collection<SupervisedListener> supervised() {
        return this.listeners.all(this.surroundings);
    }

    @Override
    public void start() {
        this.closing = false;
        SupervisorThreads started = new SupervisorThreads();
        this.threads = started;
        started.every(INTERVAL, () -> {
            this.registries.look();
            this.listeners.forgetGone();
            supervised().forEach(listener -> started.execute(listener::look));
        });
        if (this.surroundings.properties().failFast()) {
            requireAll();
        }
    }

    private void requireAll() {
        try {
            new StartGate(this.surroundings.properties().startTimeout()).await(supervised());
        } catch (RuntimeException ex) {
            stop();
            throw ex;
        }
    }

    void closing(ApplicationContext closed) {
        if (closed == this.context) {
            this.closing = true;
        }
    }

    @Override
    public void stop() {
        this.closing = true;
        SupervisorThreads running = this.threads;
        this.threads = null;
        if (running != null) {
            running.close();
            awaitIdle();
        }
    }

    /**
     * A container that is being started must have been, so that it is stopped with the others.
     */
    private void awaitIdle() {
        long end = System.nanoTime() + LONGEST_WORK.toNanos();
        try {
            for (SupervisedListener listener : this.listeners.known()) {
                Duration rest = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
                if (!listener.awaitIdle(rest)) {
                    logger.warn(
                            "Listener {} is still being started or stopped",
                            listener.listener().id());
                }
            }
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return this.threads != null;
    }

    @Override
    public int getPhase() {
        return AbstractMessageListenerContainer.DEFAULT_PHASE + 1;
    }

    @Override
    public void close() {
        stop();
    }

    @Override
    public List<ListenerStatus> status() {
        return supervised().stream()
                .map(listener -> new StatusOf(listener).read())
                .sorted(Comparator.comparing(ListenerStatus::id))
                .toList();
    }

    @Override
    public Optional<ListenerStatus> status(String id) {
        return this.listeners.find(id, this.surroundings).map(listener -> new StatusOf(listener).read());
    }

    private SupervisedListener require(String id) {
        return this.listeners
                .find(id, this.surroundings)
                .orElseThrow(
                        () -> new IllegalArgumentException("There is no listener '" + id + "' that is looked after"));
    }

    @Override
    public void suspend(String id) {
        require(id).suspend();
    }

    @Override
    public void resume(String id) {
        require(id).resume();
    }

    @Override
    public void restart(String id) {
        require(id).restart();
    }

    @Override
    public boolean awaitReady(String id, Duration timeout) {
        return new StatusOf(require(id)).awaitReady(timeout);
    }

    /**
     * What listeners see of all this.
     */
    private final class World implements Surroundings {

        private final SupervisorProperties properties;

        private final Clock clock;

        private final EventNotifier notifier;

        private final Liveness liveness;

        private final Backoff backoff;

        World(SupervisorProperties properties, Clock clock, EventNotifier notifier, Liveness liveness) {
            this.properties = properties;
            this.clock = clock;
            this.notifier = notifier;
            this.liveness = liveness;
            this.backoff = new Backoff(
                    properties.supervisor().backoff(),
                    properties.supervisor().maxBackoff(),
                    () -> ThreadLocalRandom.current().nextDouble());
        }

        @Override
        public SupervisorProperties properties() {
            return this.properties;
        }

        @Override
        public Clock clock() {
            return this.clock;
        }

        @Override
        public ListenerObserver observer() {
            return ContainerSupervisor.this.containers.observer();
        }

        @Override
        public EventNotifier notifier() {
            return this.notifier;
        }

        @Override
        public Backoff backoff() {
            return this.backoff;
        }

        @Override
        public boolean closing() {
            return ContainerSupervisor.this.closing;
        }

        @Override
        public boolean wanted(AbstractMessageListenerContainer<?, ?> container) {
            return ContainerSupervisor.this.registries.want(container);
        }

        @Override
        public void lookAfter(SupervisedListener listener, Duration delay) {
            SupervisorThreads running = ContainerSupervisor.this.threads;
            if (running != null) {
                running.after(delay, listener::look);
            }
        }

        @Override
        public void aside(Runnable task) {
            SupervisorThreads running = ContainerSupervisor.this.threads;
            if (running != null) {
                running.execute(task);
            }
        }

        @Override
        public void givenUpOrNot() {
            if (this.properties.supervisor().breakLiveness()) {
                this.liveness.look(() -> ContainerSupervisor.this.listeners.known().stream()
                        .anyMatch(listener -> listener.plan().breaksLiveness()));
            }
        }
    }
}
