package io.github.resilientkafka.listener;

import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationListener;
import org.springframework.kafka.event.ConcurrentContainerStoppedEvent;
import org.springframework.kafka.event.ConsumerStartedEvent;
import org.springframework.kafka.event.ContainerStoppedEvent;
import org.springframework.kafka.event.KafkaEvent;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Containers that the application has a factory make without a listener, and completes by itself before it starts them: nobody tells
 * when. They are looked after when they have started: stopped before their first poll, and started again. Thread-safe.
 */
final class LateContainers implements ApplicationListener<KafkaEvent> {

    private static final Logger logger = LoggerFactory.getLogger(LateContainers.class);

    private final ObjectProvider<ListenerContainers> containers;

    private final ListenerQueue queue;

    private final Map<AbstractMessageListenerContainer<?, ?>, Map<String, Object>> incomplete = new WeakHashMap<>();

    private final Map<AbstractMessageListenerContainer<?, ?>, Map<String, Object>> stopping = new ConcurrentHashMap<>();

    LateContainers(ObjectProvider<ListenerContainers> containers, ListenerThreads threads) {
        this.containers = containers;
        this.queue = threads.queueFor("containers that were made late");
    }

    /**
     * Sees to a container that has no listener yet.
     * @param settings of its consumers
     */
    synchronized void add(AbstractMessageListenerContainer<?, ?> container, Map<String, Object> settings) {
        this.incomplete.put(container, settings);
    }

    @Override
    public void onApplicationEvent(KafkaEvent event) {
        // Not asked for by its type: spring-kafka refuses that for containers of another one, such as those of share
        // consumers.
        if (!(event.getContainer(Object.class) instanceof AbstractMessageListenerContainer<?, ?> container)) {
            return;
        }
        if (event instanceof ConsumerStartedEvent) {
            stop(container);
        } else if (event instanceof ConcurrentContainerStoppedEvent
                || (event instanceof ContainerStoppedEvent && event.getSource() == container)) {
            startAgain(container);
        }
    }

    /**
     * Called on the thread of one of its consumers, before that polls. Others of its consumers wait for this one here.
     */
    private synchronized void stop(AbstractMessageListenerContainer<?, ?> container) {
        Map<String, Object> settings = this.incomplete.remove(container);
        if (settings != null) {
            this.stopping.put(container, settings);
            container.stop(() -> {});
        }
    }

    private void startAgain(AbstractMessageListenerContainer<?, ?> container) {
        Map<String, Object> settings = this.stopping.remove(container);
        if (settings != null) {
            // Not on this thread, which may hold the container's lock.
            this.queue.execute(() -> {
                logger.info("Listener {}: made after the start of the application", container.getListenerId());
                this.containers.getObject().lookAfter(container, settings);
                container.start();
            });
        }
    }
}
