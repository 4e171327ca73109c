package io.github.resilientkafka.lifecycle;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Hands application events to their listeners on one thread of its own, so that a slow listener holds up no event
 * traffic. When listeners fall behind by 1,000 events, further ones are dropped with a warning. Internal.
 */
public final class EventNotifier implements SmartInitializingSingleton, AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(EventNotifier.class);

    private static final int MAX_WAITING = 1_000;

    private final ApplicationEventPublisher publisher;

    private final ThreadPoolExecutor executor;

    private final CountDownLatch listenersThere = new CountDownLatch(1);

    private volatile boolean threadless;

    /**
     * Creates a notifier; its thread is started with the first event.
     * @param publisher the application context
     */
    public EventNotifier(ApplicationEventPublisher publisher) {
        this(publisher, task -> {
            Thread thread = new Thread(task, "resilient-kafka-events");
            thread.setDaemon(true);
            return thread;
        });
    }

    EventNotifier(ApplicationEventPublisher publisher, ThreadFactory threads) {
        this.publisher = publisher;
        this.executor = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), threads, (task, pool) -> {
                    if (!pool.isShutdown()) {
                        logger.warn("Application event dropped: listeners are {} events behind", MAX_WAITING);
                    }
                });
        this.executor.allowCoreThreadTimeOut(true);
    }

    /**
     * Hands over an event. Never blocks, never throws: one for which no thread can be had is dropped.
     * @param event the event
     */
    public void publish(ResilientKafkaEvent event) {
        try {
            this.executor.execute(() -> deliver(event));
            this.threadless = false;
        } catch (RuntimeException | Error ex) {
            // Also an Error: whoever tells of something has more important things to do.
            if (!this.threadless) {
                this.threadless = true;
                CarefulLog.error(
                        logger, "Events dropped until further notice: no thread to deliver {} with", event, ex);
            }
        }
    }

    /**
     * Until now events have waited: their listeners were still being made.
     */
    @Override
    public void afterSingletonsInstantiated() {
        this.listenersThere.countDown();
    }

    private void deliver(ResilientKafkaEvent event) {
        try {
            this.listenersThere.await();
            this.publisher.publishEvent(event);
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error ex) {
            logger.warn("A listener failed for {}", event, ex);
        }
    }

    /**
     * Delivers what was handed over, for at most a second, then stops the thread.
     */
    @Override
    public void close() {
        this.executor.shutdown();
        if (this.listenersThere.getCount() > 0) {
            this.executor.shutdownNow();
        }
        try {
            if (!this.executor.awaitTermination(1, TimeUnit.SECONDS)) {
                this.executor.shutdownNow();
            }
        } catch (InterruptedException ex) {
            this.executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
