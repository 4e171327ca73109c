package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.context.SmartLifecycle;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * The containers that read retry topics. Each follows its listener's container, also where that is started and stopped by
 * hand; all stop in the phase in which containers do.
 */
final class RetryContainers implements SmartLifecycle {

    private static final Duration LOOK_EVERY = Duration.ofMillis(250);

    private final ListenerThreads threads;

    private final List<RetryContainer> containers = new CopyOnWriteArrayList<>();

    private volatile boolean running;

    private boolean looking;

    RetryContainers(ListenerThreads threads) {
        this.threads = threads;
    }

    synchronized void add(RetryContainer container) {
        this.containers.add(container);
        lookIfNeeded();
    }

    private synchronized void lookIfNeeded() {
        if (this.running && !this.looking && !this.containers.isEmpty()) {
            this.looking = true;
            this.threads.schedule(Duration.ZERO, this::look);
        }
    }

    private void look() {
        synchronized (this) {
            if (!this.running) {
                this.looking = false;
                return;
            }
        }
        this.threads.schedule(LOOK_EVERY, this::look);
        this.containers.forEach(RetryContainer::follow);
    }

    @Override
    public void start() {
        this.running = true;
        lookIfNeeded();
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable callback) {
        this.running = false;
        AtomicInteger left = new AtomicInteger(this.containers.size());
        if (left.get() == 0) {
            callback.run();
        }
        this.containers.forEach(container -> container.stop(() -> {
            if (left.decrementAndGet() == 0) {
                callback.run();
            }
        }));
    }

    @Override
    public boolean isRunning() {
        return this.running;
    }

    @Override
    public int getPhase() {
        return AbstractMessageListenerContainer.DEFAULT_PHASE;
    }
}
