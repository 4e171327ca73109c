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

    private final ListenerQueue queue;

    private final List<RetryContainer> containers = new CopyOnWriteArrayList<>();

    private volatile boolean running;

    private boolean looking;

    RetryContainers(ListenerThreads threads) {
        this.threads = threads;
        this.queue = threads.queueFor("retry topics");
    }

    synchronized void add(RetryContainer container) {
        this.containers.add(container);
        lookIfNeeded();
    }

    private synchronized void lookIfNeeded() {
        if (this.running && !this.looking && !this.containers.isEmpty()) {
            this.looking = true;
            lookAfter(Duration.ZERO);
        }
    }

    /**
     * Not on the thread for timers: who follows a container may have to wait for its lock.
     */
    private void lookAfter(Duration delay) {
        this.threads.schedule(delay, () -> this.queue.execute(this::look));
    }

    private void look() {
        synchronized (this) {
            if (!this.running) {
                this.looking = false;
                return;
            }
        }
        lookAfter(LOOK_EVERY);
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
